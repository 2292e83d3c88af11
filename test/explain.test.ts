import type { ExplainedToken } from "@polyseme/client";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus } from "./support/http.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

interface Hit {
  readonly id: string;
  readonly score: number;
  readonly vectorScore?: number;
  readonly chunk: { start: number; end: number; text: string };
  readonly explain?: { tokens: ExplainedToken[] };
}
interface Found {
  readonly hits: Hit[];
  readonly explained?: number;
  readonly timing: Record<string, number>;
}

const DOCUMENTS = [
  { id: "fruit", text: "I ate a crisp green apple after lunch. It was sweet." },
  { id: "company", text: "Apple released a new laptop at its developer conference." },
  { id: "money", text: "The bank raised its interest rates." },
  { id: "river", text: "We sat on the bank of the river and fished." },
];
const QUERY = "Which firm sells computers?";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const words = (hit: Hit | undefined): ExplainedToken[] =>
  (hit?.explain?.tokens ?? []).filter(({ text, special }) => !special && /[\p{L}\p{N}]/u.test(text));

const stacks = [
  { name: "the embedded stack", start: () => startEmbeddedStack(), can: true },
  {
    name: "Redis and Postgres",
    start: () => startServerStack(databaseUrl ?? "", redisUrl ?? ""),
    can: databaseUrl !== null && redisUrl !== null,
  },
];

for (const { name, start, can } of stacks)
  describe.skipIf(!can)(`on ${name}`, () => {
    let stack: TestStack;
    const collections = {
      none: {},
      int8: { tokenVectors: "int8" },
      half: { tokenVectors: "half" },
      shared: { tokenVectors: "int8", tokenPooling: 2 },
    };
    beforeAll(async () => {
      stack = await start();
      for (const [collection, settings] of Object.entries(collections)) {
        expectStatus(await stack.http.call("PUT", `/v1/collections/${collection}`, settings), 201);
        await stack.http.settled((await stack.http.push(collection, DOCUMENTS)).ticket);
      }
    });
    afterAll(() => stack.stop());

    const search = async (collection: string, body: object): Promise<Found> =>
      expectStatus(await stack.http.call("POST", `/v1/collections/${collection}/search`, body), 200) as Found;

    test.each(Object.keys(collections))(
      "a hit of the collection %s says for each word of the query what it met, and parts add up to its score",
      async (collection) => {
        const { hits, explained, timing } = await search(collection, { query: QUERY, explain: true, k: 4 });
        expect(hits).toHaveLength(4);
        expect(explained).toBe(4);
        expect(timing["explainMs"]).toBeGreaterThan(0);
        for (const hit of hits) {
          const tokens = hit.explain?.tokens ?? [];
          expect(tokens.map(({ text }) => text)).toEqual([
            "[CLS]",
            "Which",
            "firm",
            "sells",
            "computers",
            "?",
            "[SEP]",
          ]);
          expect(tokens.map(({ special }) => special)).toEqual([true, false, false, false, false, false, true]);
          expect(Math.abs(sum(tokens.map(({ share }) => share)) - 1)).toBeLessThan(1e-6);
          expect(sum(tokens.map(({ part }) => part))).toBeCloseTo(hit.score, 4);
          const whole = DOCUMENTS.find(({ id }) => id === hit.id)?.text ?? "";
          for (const { text, start: from, end, special, match, similarity, share } of tokens) {
            if (special) expect([match, similarity, share]).toEqual([null, null, 0]);
            else expect(whole.slice(match?.start, match?.end)).toBe(match?.text);
            if (!special) expect(QUERY.slice(from, end)).toBe(text);
          }
        }
        expect(hits[0]?.id).toBe("company");
        const [, , sells, computers] = words(hits[0]);
        expect(computers?.match?.text).toBe("laptop");
        expect(sells?.match).not.toBeNull();
      },
    );

    test("a collection without token vectors explains its hits as one with them does", async () => {
      const [without, stored] = await Promise.all(
        ["none", "int8"].map((collection) => search(collection, { query: QUERY, explain: true, k: 4 })),
      );
      expect(without?.hits).toEqual(stored?.hits);
    });

    test.each(["int8", "half", "shared"])(
      "maxsim ranks the hits of %s by their words' similarities",
      async (collection) => {
        const body = { query: QUERY, rerank: "maxsim", explain: true, k: 3 };
        const { hits, timing } = await search(collection, body);
        const plain = await search(collection, { query: QUERY, k: 4 });
        expect(hits).toHaveLength(3);
        expect(timing["rerankMs"]).toBeGreaterThan(0);
        expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
        for (const hit of hits) {
          expect(hit.vectorScore).toBe(plain.hits.find(({ id }) => id === hit.id)?.score);
          const similarities = words(hit).map(({ similarity }) => similarity ?? NaN);
          expect(similarities).toHaveLength(4);
          expect(hit.score).toBeCloseTo(sum(similarities) / 4, 6);
          const tokens = hit.explain?.tokens ?? [];
          expect(sum(tokens.map(({ part }) => part))).toBeCloseTo(hit.score, 6);
          expect(Math.abs(sum(tokens.map(({ share }) => share)) - 1)).toBeLessThan(1e-6);
        }
      },
    );

    test("a word that stands in a chunk as it does in the query is met by itself", async () => {
      const { hits } = await search("int8", {
        query: "The bank raised its interest rates.",
        rerank: "maxsim",
        explain: true,
      });
      expect(hits[0]).toMatchObject({ id: "money" });
      expect(hits[0]?.score).toBeGreaterThan(0.99);
      for (const { text, match } of words(hits[0])) expect(match?.text).toBe(text);
    });

    test("without token vectors maxsim is refused, and the answer names the way to them", async () => {
      const answer = await stack.http.call("POST", "/v1/collections/none/search", { query: "q", rerank: "maxsim" });
      expect(answer).toMatchObject({
        status: 409,
        body: { error: { code: "conflict", details: { field: "rerank" } } },
      });
      expect(JSON.stringify(answer.body)).toContain("POST /v1/collections/none/migrate");
    });

    test.each([
      ["explain of a vector", { vector: new Array(384).fill(0.1), explain: true }],
      ["rerank of a vector", { vector: new Array(384).fill(0.1), rerank: "maxsim" }],
      ["too few candidates", { query: "q", rerank: "maxsim", candidates: 49 }],
      ["too many candidates", { query: "q", rerank: "maxsim", candidates: 201 }],
      ["rerank of too many hits", { query: "q", rerank: "maxsim", k: 201 }],
    ])("%s is invalid", async (_, body) => {
      const answer = await stack.http.call("POST", "/v1/collections/int8/search", body);
      expect(answer).toMatchObject({ status: 400, body: { error: { code: "invalid" } } });
    });

    test("an answer says how many hits it explains where tokens are encoded for it", async () => {
      const documents = Array.from({ length: 25 }, (_, i) => ({ id: `n${i}`, text: `Note number ${i} on computers.` }));
      await stack.http.settled((await stack.http.push("many", documents)).ticket);
      const { hits, explained } = await search("many", { query: "computers", explain: true, k: 25 });
      expect(hits).toHaveLength(25);
      expect(explained).toBe(20);
      expect(hits.map(({ explain }) => explain !== undefined)).toEqual(hits.map((_, i) => i < 20));
    });

    test("spans slice texts of any script exactly", async () => {
      const texts = fc.sample(oddText, { numRuns: 40, seed: 7 });
      const documents = texts.map((text, i) => ({ id: `t${i}`, text }));
      expectStatus(
        await stack.http.call("PUT", "/v1/collections/odd", { tokenVectors: "int8", chunking: { maxTokens: 32 } }),
        201,
      );
      const pushed = await stack.http.push("odd", documents);
      const status = await stack.http.settled(pushed.ticket);
      expect(status.stored).toBe(pushed.accepted);
      expect(status.stored).toBeGreaterThan(30);
      let spans = 0;
      for (const query of fc.sample(oddText, { numRuns: 15, seed: 8 })) {
        for (const rerank of ["none", "maxsim"]) {
          const answer = await stack.http.call("POST", "/v1/collections/odd/search", {
            query,
            explain: true,
            rerank,
            k: 20,
          });
          // White space alone has no word to compare.
          if (rerank === "maxsim" && answer.status === 400) continue;
          const { hits } = expectStatus(answer, 200) as Found;
          for (const { id, chunk, explain } of hits) {
            const whole = documents.find((document) => document.id === id)?.text ?? "";
            const tokens = explain?.tokens ?? [];
            for (const { text, start: from, end, special, match } of tokens) {
              if (!special) expect(query.slice(from, end)).toBe(text);
              if (match === null) continue;
              spans += 1;
              expect(whole.slice(match.start, match.end)).toBe(match.text);
              expect(match.start).toBeGreaterThanOrEqual(chunk.start);
              expect(match.end).toBeLessThanOrEqual(chunk.end);
              expect(match.text.trim()).not.toBe("");
            }
            if (tokens.some(({ special }) => !special))
              expect(Math.abs(sum(tokens.map(({ share }) => share)) - 1)).toBeLessThan(1e-6);
          }
        }
      }
      expect(spans).toBeGreaterThan(1_000);
    });
  });

/** Emoji families, combining marks, Chinese, Japanese, Arabic, Hebrew, Thai and spaces of all kinds, mixed. */
const oddText = fc
  .array(
    fc.constantFrom(
      ..."👩‍👩‍👧‍👦|🏳️‍🌈|👍🏽|e\u0301te\u0301|Å|n\u0303|我们在河边|銀行の利率|مرحبا بالعالم|שלום עולם|ธนาคาร|river|Bank|don't|3.14|€5|…|—|?|\u00a0|\u3000|\t|\n\n|  |\u200d|\u200f|ﬁne|ß|İ".split(
        "|",
      ),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .chain((parts) => fc.constantFrom("", " ").map((between) => parts.join(between)))
  .filter((text) => /[\p{L}\p{N}\p{P}]/u.test(text));
