import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crossModels, fixtureModel, goldenPairs } from "./support/fixture-models.ts";
import { expectStatus, waitUntil } from "./support/http.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

interface Hit {
  readonly id: string;
  readonly collection?: string;
  readonly score: number;
  readonly vectorScore?: number;
  readonly explain?: { readonly tokens: { readonly part: number }[] };
}
interface Found {
  readonly hits: Hit[];
  readonly next?: string;
  readonly timing: Record<string, number>;
}

const search = async ({ http }: TestStack, body: object, collection = "texts"): Promise<Found> =>
  expectStatus(await http.call("POST", `/v1/collections/${collection}/search`, body), 200) as Found;

describe.each(crossModels())("searches ranked by the model %s", (model) => {
  // One query's pairs whose text is a document of one chunk as it stands.
  const [{ query } = { query: "" }] = goldenPairs(model);
  const isChunk = (text: string): boolean => text !== "" && text.trim() === text && text.length < 200;
  const pairs = goldenPairs(model).filter((pair) => pair.query === query && isChunk(pair.text));
  const byScore = pairs.map((pair, i) => ({ ...pair, id: `d${i}` })).sort((a, b) => b.score - a.score);
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startEmbeddedStack({ POLYSEME_RERANK_MODEL: fixtureModel(model) });
    const documents = pairs.map(({ text }, i) => ({ id: `d${i}`, text }));
    for (const collection of ["texts", "others"])
      await stack.http.settled((await stack.http.push(collection, documents)).ticket);
    expectStatus(await stack.http.call("PUT", "/v1/collections/words", { tokenVectors: "int8" }), 201);
    await stack.http.settled((await stack.http.push("words", documents)).ticket);
  });
  afterAll(() => stack.stop());

  test("come in the order of the scores that its own library gives, from every mode", async () => {
    for (const mode of ["vector", "hybrid"]) {
      const { hits, timing, next } = await search(stack, { query, rerank: "cross", mode, k: 20 });
      expect([mode, hits.map(({ id }) => id)]).toEqual([mode, byScore.map(({ id }) => id)]);
      for (const [i, { score }] of hits.entries())
        expect(Math.abs(score - (byScore[i]?.score ?? NaN))).toBeLessThan(1e-5);
      expect(timing["rerankMs"]).toBeGreaterThan(0);
      expect(next).toBeUndefined();
    }
    const { hits } = await search(stack, { query: "river bank", mode: "lexical", rerank: "cross" });
    expect(hits.map(({ id }) => id)).toContain(`d${pairs.findIndex(({ text }) => text.includes("river"))}`);
  });

  test("keep the score that hits were found by, and give the best k alone", async () => {
    const plain = await search(stack, { query, k: 20 });
    expect(plain.hits.map(({ id }) => id)).not.toEqual(byScore.map(({ id }) => id));
    const { hits } = await search(stack, { query, rerank: "cross", k: 3 });
    expect(hits.map(({ id }) => id)).toEqual(byScore.slice(0, 3).map(({ id }) => id));
    for (const { id, vectorScore } of hits) expect(vectorScore).toBe(plain.hits.find((hit) => hit.id === id)?.score);
  });

  test("rank the hits of several collections together, equal ones in the order that they were found in", async () => {
    const { hits } = await search(stack, { query, rerank: "cross", collections: ["others"], k: 40 });
    const expected = byScore.flatMap(({ id }) => [`others/${id}`, `texts/${id}`]);
    expect(hits.map(({ id, collection }) => `${collection}/${id}`)).toEqual(expected);
  });

  test("are explained by the cosine that the hit was found by", async () => {
    const { hits } = await search(stack, { query, rerank: "cross", explain: true, k: 3 }, "words");
    expect(hits.map(({ id }) => id)).toEqual(byScore.slice(0, 3).map(({ id }) => id));
    for (const { explain, vectorScore } of hits) {
      const parts = explain?.tokens.reduce((sum, { part }) => sum + part, 0);
      expect(parts).toBeCloseTo(vectorScore ?? NaN, 4);
    }
  });

  test("are counted, and the model's threads are shown", async () => {
    const before = await stack.http.metric("polyseme_rerank_pairs_total");
    await search(stack, { query, rerank: "cross" });
    expect((await stack.http.metric("polyseme_rerank_pairs_total")) - before).toBe(pairs.length);
    const metrics = await (await fetch(`${stack.http.url}/metrics`)).text();
    expect(metrics).toMatch(/polyseme_encoder_threads\{model="[^"]*cross-[^"]*",state="idle"\} [1-9]/);
  });

  test("/rerank gives text-embeddings-inference's answer, the best first", async () => {
    const texts = pairs.map(({ text }) => text);
    const rerank = async (body: object): Promise<unknown> =>
      expectStatus(await stack.http.call("POST", "/rerank", { query, texts, truncate: true, ...body }), 200);
    const expected = byScore.map(({ id, score }) => ({
      index: Number(id.slice(1)),
      score: expect.closeTo(score, 5) as number,
    }));
    expect(await rerank({})).toEqual(expected);
    const [first] = byScore;
    expect(await rerank({ raw_scores: true, return_text: true })).toMatchObject([
      { text: first?.text, score: expect.closeTo(first?.logit ?? NaN, 4) as number },
      ...byScore.slice(1).map(() => ({})),
    ]);
    const refused = await stack.http.call("POST", "/rerank", { query, texts: ["a", "word ".repeat(200)] });
    expect(refused).toMatchObject({ status: 413, body: { error_type: "Validation" } });
    expect(await stack.http.call("POST", "/rerank", { query, texts: [] })).toMatchObject({
      status: 400,
      body: { error_type: "Empty" },
    });
  });
});

describe("without a model for pairs", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "polyseme-cross-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ask = (stack: TestStack): Promise<unknown> =>
    stack.http.call("POST", "/v1/collections/texts/search", { query: "q", rerank: "cross" });

  async function withTexts(settings: Record<string, string>, use: (stack: TestStack) => Promise<void>): Promise<void> {
    const stack = await startEmbeddedStack({ POLYSEME_LOG_LEVEL: "silent", ...settings });
    try {
      await stack.http.settled((await stack.http.push("texts", [{ id: "a", text: "One text." }])).ticket);
      await use(stack);
      expect((await search(stack, { query: "text" })).hits).toHaveLength(1);
    } finally {
      await stack.stop();
    }
  }

  test("the search is refused with the name of the setting, and all others go on", () =>
    withTexts({}, async (stack) => {
      expect(await ask(stack)).toMatchObject({
        status: 400,
        body: {
          error: {
            code: "invalid",
            message: expect.stringContaining("POLYSEME_RERANK_MODEL") as string,
            details: { field: "rerank" },
          },
        },
      });
    }));

  test("that can be used, the service goes on, says why, and takes the model once it is mended", async () => {
    const name = "cross-bert";
    const broken = join(folder, name);
    await cp(fixtureModel(name), broken, { recursive: true });
    await writeFile(join(broken, "tokenizer.json"), "{");
    await withTexts({ POLYSEME_RERANK_MODEL: broken }, async (stack) => {
      expect(await ask(stack)).toMatchObject({
        status: 503,
        body: {
          error: { code: "model_unavailable", message: expect.stringContaining("tokenizer.json") as string },
        },
      });
      await cp(join(fixtureModel(name), "tokenizer.json"), join(broken, "tokenizer.json"));
      expect(await ask(stack)).toMatchObject({ status: 200 });
    });
  });

  test("but an encoder in its place, the service goes on and says what it is", () =>
    withTexts({ POLYSEME_RERANK_MODEL: fixtureModel("bert-wordpiece") }, async (stack) => {
      await waitUntil("the answer says why", async () => JSON.stringify(await ask(stack)).includes("BertModel"));
    }));
});
