import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const DIMENSIONS = 384;
const MAX_TOKENS = 256;
const TEXT = "The bank of the river was steep.";
const LONG = Array.from({ length: 400 }, (_, i) => `word${i}`).join(" ");

let stack: TestStack;
beforeAll(async () => {
  stack = await startEmbeddedStack();
});
afterAll(() => stack.stop());

async function post(path: string, body: unknown): Promise<{ status: number; answer: unknown }> {
  const { status, body: answer } = await stack.http.call("POST", path, body);
  return { status, answer };
}

async function ask<T>(path: string, body: unknown): Promise<T> {
  const { status, answer } = await post(path, body);
  if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(answer)}`);
  return answer as T;
}

const embed = (body: unknown): Promise<number[][]> => ask<number[][]>("/embed", body);

function length(vector: readonly number[] = []): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
}

function expectSame(a: readonly number[] = [], b: readonly number[] = []): void {
  expect(a).toHaveLength(b.length);
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i] ?? NaN, 5);
  });
}

describe("text-embeddings-inference's routes", () => {
  test("/embed answers a bare list of vectors: the ones of /v1/embeddings", async () => {
    const vectors = await embed({ inputs: [TEXT, "volcano"] });
    expect(vectors.map((vector) => vector.length)).toEqual([DIMENSIONS, DIMENSIONS]);
    const { body } = await stack.http.call("POST", "/v1/embeddings", { input: [TEXT, "volcano"] });
    expect(vectors).toEqual((body["data"] as { embedding: number[] }[]).map(({ embedding }) => embedding));
    expect(await embed({ inputs: TEXT })).toEqual(vectors.slice(0, 1));
  });

  test("normalize: false keeps the length that the model gave the vector", async () => {
    const [raw = []] = await embed({ inputs: TEXT, normalize: false });
    const [normal] = await embed({ inputs: TEXT });
    expect(length(raw)).toBeGreaterThan(1.5);
    expectSame(
      raw.map((value) => value / length(raw)),
      normal,
    );
  });

  test("a text that is too long is refused, or cut at the end or the beginning when that is asked for", async () => {
    const refused = await post("/embed", { inputs: ["short", LONG] });
    expect(refused.status).toBe(413);
    expect(refused.answer).toEqual({
      error: expect.stringContaining("256 tokens; number 2") as string,
      error_type: "Validation",
    });
    const [right, left] = [
      await embed({ inputs: LONG, truncate: true }),
      await embed({ inputs: LONG, truncate: true, truncation_direction: "Left" }),
    ];
    const tokens = (await ask<{ id: number }[][]>("/tokenize", { inputs: LONG, add_special_tokens: false }))[0] ?? [];
    const ids = tokens.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(MAX_TOKENS);
    expect(right).toEqual(await embed({ inputs: [ids.slice(0, MAX_TOKENS - 2)] }));
    expect(left).toEqual(await embed({ inputs: [ids.slice(2 - MAX_TOKENS)] }));
  });

  test("/embed_all answers the vector of each token, special ones too", async () => {
    const [vectors = []] = await ask<number[][][]>("/embed_all", { inputs: TEXT });
    const { body } = await stack.http.call("POST", "/v1/inspect", { text: TEXT });
    expect(vectors).toEqual(body["contextual"]);
    const many = await post("/embed_all", { inputs: Array.from({ length: 20 }, () => LONG), truncate: true });
    expect(many.status).toBe(413);
  });

  test("/tokenize gives places in code points, and /decode the text again", async () => {
    const text = "A 🦊 fox";
    const [tokens = []] = await ask<Record<string, unknown>[][]>("/tokenize", { inputs: text });
    expect(tokens[0]).toEqual({ id: 101, text: "[CLS]", special: true, start: null, stop: null });
    expect(tokens.at(-1)).toEqual({ id: 102, text: "[SEP]", special: true, start: null, stop: null });
    expect(tokens.at(-2)).toEqual({ id: 4419, text: "fox", special: false, start: 4, stop: 7 });
    const ids = tokens.map(({ id }) => id);
    expect(await ask("/decode", { ids: [4937, 4419] })).toEqual(["cat fox"]);
    expect(await ask("/decode", { ids: [ids] })).toEqual([expect.stringMatching(/^a .*fox$/)]);
    expect(await ask("/decode", { ids, skip_special_tokens: false })).toEqual([expect.stringMatching(/^\[CLS\] a/)]);
    const whole = await ask<unknown[][]>("/tokenize", { inputs: [LONG], add_special_tokens: false });
    expect(whole[0]?.length).toBeGreaterThan(MAX_TOKENS);
  });

  test("/similarity answers the cosines", async () => {
    const inputs = { source_sentence: TEXT, sentences: ["A steep river bank.", "I paid the loan at the bank."] };
    const [near = 0, far = 0] = await ask<number[]>("/similarity", { inputs });
    expect(near).toBeGreaterThan(far + 0.2);
    expect(await ask("/similarity", { inputs: { ...inputs, sentences: [TEXT] } })).toEqual([expect.closeTo(1, 5)]);
  });

  test("/info says which model it is and what its limits are, and /health that it works", async () => {
    const { body } = await stack.http.call("GET", "/info");
    expect(body).toMatchObject({
      model_id: "all-MiniLM-L6-v2",
      model_dtype: "int8",
      model_type: { embedding: { pooling: "mean" } },
      max_input_length: MAX_TOKENS,
      max_client_batch_size: 2_048,
      auto_truncate: false,
    });
    const health = await fetch(`${stack.http.url}/health`);
    expect([health.status, await health.text()]).toEqual([200, ""]);
  });

  test("what needs another kind of model is refused plainly", async () => {
    for (const path of ["/embed_sparse", "/rerank", "/predict"]) {
      const { status, answer } = await post(path, { inputs: "x", query: "x", texts: ["y"] });
      expect([path, status]).toEqual([path, 501]);
      expect(answer).toEqual({ error: expect.stringMatching(/^There is no /) as string, error_type: "Backend" });
    }
  });

  test("errors have its shape, whatever they are for", async () => {
    const faults: [unknown, number, string][] = [
      [{ inputs: [] }, 400, "Empty"],
      [{ inputs: 7 }, 400, "Validation"],
      [{}, 400, "Validation"],
      [{ inputs: " " }, 422, "Tokenizer"],
      [{ inputs: TEXT, prompt_name: "query" }, 400, "Validation"],
      [{ inputs: [[2 ** 31]] }, 400, "Validation"],
      [{ inputs: TEXT, dimensions: 64 }, 400, "Validation"],
      [{ inputs: Array.from({ length: 2_049 }, () => "x") }, 400, "Validation"],
    ];
    for (const [body, status, error_type] of faults) {
      const refused = await post("/embed", body);
      expect(refused).toEqual({ status, answer: { error: expect.any(String) as string, error_type } });
    }
    const broken = await fetch(`${stack.http.url}/embed`, { method: "POST", body: "{", headers: JSON_TYPE });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error_type: "Validation" });
  });
});

const JSON_TYPE = { "content-type": "application/json" };
