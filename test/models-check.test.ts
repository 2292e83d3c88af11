import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureModel } from "./support/fixture-models.ts";
import { runCliHere } from "./support/run-cli.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const CUT = "bert-matryoshka";
const LAYERED = "bert-two-dense";
const CPU = { POLYSEME_DEVICE: "cpu" };

let stack: TestStack;
beforeAll(async () => {
  stack = await startEmbeddedStack({ ...CPU, POLYSEME_MODELS_DIR: fixtureModel(""), POLYSEME_MODEL: CUT });
});
afterAll(() => stack.stop());

const check = (model: string, route: string, ...more: string[]) =>
  runCliHere(["models", "check", fixtureModel(model), "--against", `${stack.http.url}${route}`, ...more], CPU);

describe("a model here against a server that runs it", () => {
  test.each([
    [CUT, "/embed"],
    [CUT, "/v1/embeddings"],
    [LAYERED, "/v1/embeddings", "--model-there", LAYERED],
    ["xlm-roberta-unigram", "/v1/embeddings", "--model-there", "xlm-roberta-unigram"],
  ])("agrees in texts of all scripts and lengths: %s over %s", async (model, route, ...more) => {
    const { out } = await check(model, route, ...more, "--json", "--least-cosine", "0.99999");
    const report = JSON.parse(out) as { passed: boolean; texts: unknown[]; alone: { min: number } };
    expect(report).toMatchObject({ passed: true });
    expect(report.texts.length).toBeGreaterThanOrEqual(16);
    expect(report.alone.min).toBeGreaterThan(0.999999);
  });

  test("does not where the server runs another one", async () => {
    const other = check("bert-wordpiece", "/v1/embeddings", "--model-there", "mpnet-mean");
    await expect(other).rejects.toThrow(/The least cosine is .*below 0\.9999/);
    await expect(check(LAYERED, "/embed")).rejects.toThrow(/24 dimensions, and .*bert-two-dense gives 16/);
  });
});

describe("a model with layers behind its pooling", () => {
  const post = (path: string, body: object) => stack.http.call("POST", path, body);

  test("fills a collection of its own dimensions", async () => {
    expect(await stack.http.call("PUT", "/v1/collections/notes", { model: LAYERED })).toMatchObject({ status: 201 });
    const text = "The bank of the river was steep.";
    const { ticket } = await stack.http.push("notes", [{ id: "a", text }]);
    expect(await stack.http.settled(ticket)).toMatchObject({ stored: 1 });
    expect((await stack.http.call("GET", "/v1/collections/notes")).body).toMatchObject({ dimensions: 16 });
    const [hit] = await stack.http.search("notes", { query: text });
    expect(hit).toMatchObject({ id: "a" });
    expect(hit?.score ?? 0).toBeCloseTo(1, 4);
    const explained = await post("/v1/collections/notes/search", { query: "bank", explain: true });
    expect(explained).toMatchObject({ status: 400, body: { error: { details: { field: "explain" } } } });
  });

  test("keeps no vectors of tokens, and shows them at their own width", async () => {
    const wanted = { model: LAYERED, tokenVectors: "int8" };
    expect(await stack.http.call("PUT", "/v1/collections/tokens", wanted)).toMatchObject({
      status: 400,
      body: { error: { details: { field: "tokenVectors" } } },
    });
    const { body } = await post("/v1/inspect", { text: "Hello world", model: LAYERED });
    expect(body["shape"]).toEqual([1, 8, 32]);
    expect((body["contextual"] as number[][])[0]).toHaveLength(32);
    expect(body["embedding"]).toHaveLength(16);
  });
});

describe("a model that was trained to be cut", () => {
  const embed = (path: string, body: object) => stack.http.call("POST", path, body);

  test("gives embeddings cut to what it may be, of length 1, and no others", async () => {
    const vectorOf = async (more: object): Promise<number[]> => {
      const { body } = await embed("/v1/embeddings", { input: "Hello world", ...more });
      return (body["data"] as { embedding: number[] }[])[0]?.embedding ?? [];
    };
    const whole = await vectorOf({});
    expect(whole).toHaveLength(24);
    const cut = await vectorOf({ dimensions: 8 });
    expect(cut).toHaveLength(8);
    expect(Math.hypot(...cut)).toBeCloseTo(1, 5);
    cut.forEach((value, i) => {
      expect(value * Math.hypot(...whole.slice(0, 8))).toBeCloseTo(whole[i] ?? NaN, 5);
    });
    const refused = await embed("/v1/embeddings", { input: "Hello world", dimensions: 10 });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain("24 dimensions and can be cut to 16, 8");
    const tei = await embed("/embed", { inputs: "Hello world", dimensions: 8 });
    expect((tei.body as unknown as number[][])[0]).toEqual(cut);
  });

  test("has no embeddings of another length than 1", async () => {
    const { status, body } = await embed("/embed", { inputs: "a", normalize: false });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain("length 1 only");
  });
});
