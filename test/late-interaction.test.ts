import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureModel, goldenTokens, lateModels } from "./support/fixture-models.ts";
import { expectStatus } from "./support/http.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

type Vectors = readonly (readonly number[])[];
interface Hit {
  readonly id: string;
  readonly score: number;
  readonly vectorScore?: number;
  readonly explain?: { readonly tokens: { readonly part: number; readonly match: { readonly text: string } | null }[] };
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
/** Of ColBERT, over the number of the query's vectors. */
const lateScore = (query: Vectors, document: Vectors): number =>
  query.reduce((sum, one) => sum + Math.max(...document.map((other) => dot(one, other))), 0) / query.length;

describe.each(lateModels())("collections of the late-interaction model %s", (model) => {
  const golden = goldenTokens(model);
  const ofDocuments = golden.filter(({ kind, text }) => kind === "document" && text !== "");
  // Longer ones are cut there, and here are several chunks.
  const longest = Math.max(...ofDocuments.map(({ ids }) => ids.length));
  const documents = ofDocuments.filter(({ ids }) => ids.length < longest);
  const queries = golden.filter(({ kind, text }) => kind === "query" && text !== "");
  const byScore = (query: Vectors): { id: string; score: number }[] =>
    documents
      .map(({ vectors }, i) => ({ id: `d${i}`, score: lateScore(query, vectors) }))
      .sort((a, b) => b.score - a.score);
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startEmbeddedStack({ POLYSEME_MODEL: fixtureModel(model) });
    for (const tokenVectors of ["half", "int8", "none"]) {
      expectStatus(await stack.http.call("PUT", `/v1/collections/${tokenVectors}`, { tokenVectors }), 201);
      const pushed = await stack.http.push(
        tokenVectors,
        documents.map(({ text }, i) => ({ id: `d${i}`, text })),
      );
      expect(await stack.http.settled(pushed.ticket)).toMatchObject({ stored: documents.length, failed: 0 });
    }
  });
  afterAll(() => stack.stop());

  const search = async (collection: string, body: object): Promise<Hit[]> =>
    (expectStatus(await stack.http.call("POST", `/v1/collections/${collection}/search`, body), 200) as { hits: Hit[] })
      .hits;

  test.each([
    ["half", 0.0005],
    ["int8", 0.005],
  ])("are ranked at %s by what each token of the query meets, as ColBERT does it", async (collection, most) => {
    expect(queries.length).toBeGreaterThan(4);
    for (const { text, vectors } of queries) {
      const hits = await search(collection, { query: text, rerank: "maxsim", k: 50 });
      expect(hits).toHaveLength(documents.length);
      const expected = new Map(byScore(vectors).map(({ id, score }) => [id, score]));
      for (const { id, score } of hits) expect(Math.abs(score - (expected.get(id) ?? NaN)), id).toBeLessThan(most);
      expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).toSorted((a, b) => b - a));
    }
  });

  test("come in another order than they were found in, and keep that score", async () => {
    const { text, vectors } = queries[2] ?? { text: "", vectors: [] };
    const found = await search("half", { query: text, k: 50 });
    const ranked = await search("half", { query: text, rerank: "maxsim", k: 50 });
    expect(ranked.map(({ id }) => id)).toEqual(byScore(vectors).map(({ id }) => id));
    expect(ranked.map(({ id }) => id)).not.toEqual(found.map(({ id }) => id));
    for (const { id, vectorScore } of ranked)
      expect(vectorScore).toBeCloseTo(found.find((hit) => hit.id === id)?.score ?? NaN, 6);
  });

  test("are found by the mean of the tokens' vectors", async () => {
    const mean = (vectors: Vectors): number[] => {
      const sum = (vectors[0] ?? []).map((_, d) => vectors.reduce((total, vector) => total + (vector[d] ?? 0), 0));
      return sum.map((value) => value / Math.hypot(...sum));
    };
    // One without a token that is left out of the comparison: the mean is of all of them.
    const whole = documents.findIndex(({ kept }) => !kept.includes(0));
    const { text, vectors, attended } = queries[0] ?? { text: "", vectors: [], attended: 0 };
    const [hit] = (await search("none", { query: text, k: 50 })).filter(({ id }) => id === `d${whole}`);
    const expected = dot(mean(vectors.slice(0, attended)), mean(documents[whole]?.vectors ?? []));
    expect(Math.abs((hit?.score ?? NaN) - expected)).toBeLessThan(0.001);
  });

  test("keep one vector a token that is compared, marks among them", async () => {
    const number = documents.findIndex(({ kept }) => kept.includes(0));
    const path = `/v1/collections/half/documents/d${number}?include=tokens`;
    const { chunks } = expectStatus(await stack.http.call("GET", path), 200) as {
      chunks: { units: { start: number; end: number; pieces: number; vector: number[] }[] }[];
    };
    const units = chunks.flatMap((chunk) => chunk.units);
    const { vectors = [] } = documents[number] ?? {};
    expect(units).toHaveLength(vectors.length);
    units.forEach(({ vector, pieces }, i) => {
      expect(pieces).toBe(1);
      expect(dot(vector, vectors[i] ?? [])).toBeGreaterThan(0.999);
    });
    expect(units.slice(0, 2)).toMatchObject([
      { start: 0, end: 0 },
      { start: 0, end: 0 },
    ]);
  });

  test("let tokens share vectors where that is asked for", async () => {
    const settings = { tokenVectors: "int8", tokenPooling: 2 };
    expectStatus(await stack.http.call("PUT", "/v1/collections/pooled", settings), 201);
    const { text = "", vectors = [] } = documents[1] ?? {};
    await stack.http.settled((await stack.http.push("pooled", [{ id: "d1", text }])).ticket);
    const path = "/v1/collections/pooled/documents/d1?include=tokens";
    const { chunks } = expectStatus(await stack.http.call("GET", path), 200) as {
      chunks: { units: { vector: number[] }[] }[];
    };
    const kept = chunks.flatMap(({ units }) => units.map(({ vector }) => vector.join()));
    expect(kept).toHaveLength(vectors.length);
    expect(new Set(kept).size).toBe(Math.ceil(vectors.length / 2));
    expect(await search("pooled", { query: queries[1]?.text, rerank: "maxsim" })).toHaveLength(1);
  });

  test("are explained in parts that add up to the score, stored tokens or not", async () => {
    const sum = ({ explain }: Hit): number => explain?.tokens.reduce((total, { part }) => total + part, 0) ?? NaN;
    // One with masks, which the others see or do not, and one without.
    for (const { text, ids } of [queries[0], queries[2]].filter((query) => query !== undefined)) {
      for (const hit of await search("half", { query: text, rerank: "maxsim", explain: true, k: 3 })) {
        expect(hit.explain?.tokens).toHaveLength(ids.length);
        expect(sum(hit)).toBeCloseTo(hit.score, 5);
        const met = hit.explain?.tokens.flatMap(({ match }) => match ?? []) ?? [];
        expect(met.length).toBeGreaterThan(0);
        expect(met.map((match) => match.text)).not.toContain("");
      }
      for (const hit of await search("none", { query: text, explain: true, k: 3 }))
        expect(sum(hit)).toBeCloseTo(hit.score, 4);
    }
  });

  test("refuse what needs vectors of words, what late chunks leave out, and maxsim where no tokens are kept", async () => {
    const refused = (field: string): object => ({
      status: 400,
      body: { error: { code: "invalid", details: { field } } },
    });
    const ask = (path: string, body: object): Promise<unknown> =>
      stack.http.call("POST", `/v1/collections/${path}`, body);
    const sense = { text: "the bank of the river", word: "bank" };
    expect(await ask("half/search", { sense })).toMatchObject(refused("sense"));
    expect(await stack.http.call("GET", "/v1/collections/half/senses?word=bank")).toMatchObject(refused("word"));
    const late = { tokenVectors: "int8", lateChunking: true };
    expect(await stack.http.call("PUT", "/v1/collections/late", late)).toMatchObject(refused("lateChunking"));
    expect(await ask("none/search", { query: "bank", rerank: "maxsim" })).toMatchObject({ status: 409 });
  });

  test("show the tokens of a text as a document's, each row of the table as wide as it is", async () => {
    const { text, ids } = documents[1] ?? { text: "" };
    const answer = expectStatus(await stack.http.call("POST", "/v1/inspect", { text }), 200) as {
      tokens: { id: number }[];
      static: number[][];
      contextual: number[][];
    };
    expect(answer.tokens.map(({ id }) => id)).toEqual(ids);
    expect([answer.static, answer.contextual].map((rows) => [rows.length, rows[0]?.length])).toEqual([
      [ids?.length, 32],
      [ids?.length, 12],
    ]);
  });
});
