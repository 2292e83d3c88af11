import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { cosine } from "./support/compare-vectors.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const stacks = [
  { name: "the embedded stack", start: () => startEmbeddedStack(), can: true },
  {
    name: "Redis and Postgres",
    start: () => startServerStack(databaseUrl ?? "", redisUrl ?? ""),
    can: databaseUrl !== null && redisUrl !== null,
  },
];

/** Several chunks of 32 tokens, with what is written in more than one unit. */
const TEXT =
  "👩‍👩‍👧‍👦 We ate a crisp green apple after lunch, naïve as we were. Nobody asked what it had cost. " +
  "Apple released a new laptop in 東京 at its developer conference. The unbelievably expensive machine sold well. " +
  "Later the bank raised its interest rates, and cafe\u0301s closed early on the other bank of the river.";

interface Unit {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly pieces: number;
  readonly vector: number[];
}
interface Chunk {
  readonly ordinal: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly text: string;
  readonly units: Unit[];
  readonly embedding?: number[];
}

for (const { name, start, can } of stacks)
  describe.skipIf(!can)(`on ${name}`, () => {
    let stack: TestStack;
    beforeAll(async () => {
      stack = await start();
    });
    afterAll(() => stack.stop());

    async function chunksOf(collection: string, settings: object, include = "tokens", more = ""): Promise<Chunk[]> {
      await stack.http.call("PUT", `/v1/collections/${collection}`, { chunking: { maxTokens: 32 }, ...settings });
      const pushed = await stack.http.push(collection, [{ id: "d", text: TEXT }]);
      expect(await stack.http.settled(pushed.ticket)).toMatchObject({ stored: 1, failed: 0 });
      const { status, body } = await stack.http.call(
        "GET",
        `/v1/collections/${collection}/documents/d?include=${include}${more}`,
      );
      expect(status).toBe(200);
      return body["chunks"] as Chunk[];
    }

    test.each([
      ["plain", { tokenVectors: "int8" }],
      ["half", { tokenVectors: "half" }],
      ["pooled", { tokenVectors: "int8", tokenPooling: 2 }],
      ["late", { tokenVectors: "int8", lateChunking: true }],
    ])("a %s collection answers every word with its place and its vector", async (collection, settings) => {
      const chunks = await chunksOf(collection, settings);
      expect(chunks.length).toBeGreaterThan(2);
      expect(chunks.map(({ text }) => text).join("")).toBe(TEXT);
      const special = collection === "late" ? 0 : 2;
      for (const chunk of chunks) {
        let before = chunk.start;
        for (const unit of chunk.units) {
          expect(unit.text).toBe(TEXT.slice(unit.start, unit.end));
          expect(unit.text.trim()).not.toBe("");
          expect(unit.start).toBeGreaterThanOrEqual(before);
          expect(unit.vector).toHaveLength(384);
          before = unit.end;
        }
        expect(before).toBeLessThanOrEqual(chunk.end);
        expect(chunk.units.reduce((sum, { pieces }) => sum + pieces, 0)).toBe(chunk.tokens - special);
      }
      const units = chunks.flatMap((chunk) => chunk.units);
      const vectorOf = (word: string): number[] => units.find(({ text }) => text === word)?.vector ?? [];
      expect(units.map(({ text }) => text)).toEqual(
        expect.arrayContaining(["👩‍👩‍👧‍👦", "naïve", "cafe\u0301s", "東京", "."]),
      );
      expect(cosine(vectorOf("apple"), vectorOf("Apple"))).toBeLessThan(0.9);
      const different = new Set(units.map(({ vector }) => vector.join()));
      if (collection === "pooled")
        expect(different.size).toBeLessThanOrEqual(Math.ceil(units.length / 2) + chunks.length);
      else expect(different.size).toBeGreaterThan(units.length * 0.9);
    });

    test("embeddings of late chunks are the means of their words' vectors by pieces, and other than plain ones", async () => {
      const late = await chunksOf("means", { tokenVectors: "half", lateChunking: true }, "tokens,embeddings");
      const plain = await chunksOf("plain-means", { tokenVectors: "half" }, "tokens,embeddings");
      expect(late.map((chunk) => [chunk.start, chunk.end])).toEqual(plain.map((chunk) => [chunk.start, chunk.end]));
      for (const [i, { units, embedding = [] }] of late.entries()) {
        const mean = embedding.map((_, at) => units.reduce((sum, u) => sum + u.pieces * (u.vector[at] ?? 0), 0));
        expect(cosine(mean, embedding)).toBeGreaterThan(0.9999);
        expect(cosine(plain[i]?.embedding ?? [], embedding)).toBeLessThan(0.999);
        expect(Math.hypot(...embedding)).toBeCloseTo(1, 4);
      }
    });

    test("a chunk can be asked for alone", async () => {
      const all = await chunksOf("alone", { tokenVectors: "int8" });
      expect(await chunksOf("alone", {}, "tokens", "&chunk=1")).toEqual([all[1]]);
      expect(await chunksOf("alone", {}, "chunks", "&chunk=99")).toEqual([]);
    });

    test("a document with too many tokens for one answer is refused, and given chunk by chunk", async () => {
      await stack.http.call("PUT", "/v1/collections/long", { tokenVectors: "int8" });
      const text = "It rained all day. ".repeat(2_000);
      await stack.http.settled((await stack.http.push("long", [{ id: "d", text }])).ticket);
      const path = "/v1/collections/long/documents/d?include=tokens";
      expect(await stack.http.call("GET", path)).toMatchObject({ status: 413, body: { error: { code: "too_large" } } });
      expect(await stack.http.call("GET", `${path}&chunk=3`)).toMatchObject({ status: 200 });
    });

    test("a collection that keeps none says so and how to have them", async () => {
      await stack.http.settled((await stack.http.push("none", [{ id: "d", text: TEXT }])).ticket);
      const { status, body } = await stack.http.call("GET", "/v1/collections/none/documents/d?include=tokens");
      expect(status).toBe(409);
      expect(body).toMatchObject({ error: { code: "conflict", details: { field: "include" } } });
      expect(JSON.stringify(body)).toContain("/v1/collections/none/migrate");
    });

    test("late chunks are found by what only their neighbours say", async () => {
      const settings = { chunking: { maxTokens: 24 }, lateChunking: true };
      await stack.http.call("PUT", "/v1/collections/found", settings);
      const text = `${"Berlin is the capital of Germany. "}${"Its population is about 3.85 million people. ".repeat(2)}`;
      const other = `${"Oslo is the capital of Norway. "}${"Its population is about 0.7 million people. ".repeat(2)}`;
      const pushed = await stack.http.push("found", [
        { id: "berlin", text },
        { id: "oslo", text: other },
      ]);
      expect(await stack.http.settled(pushed.ticket)).toMatchObject({ stored: 2, failed: 0 });
      const hits = await stack.http.search("found", { query: "How many people live in Berlin?", k: 10 });
      expect(hits[0]?.id).toBe("berlin");
      expect((await stack.http.call("GET", "/v1/collections/found")).body).toMatchObject({
        lateChunking: true,
        tokenVectors: "none",
      });
    });
  });
