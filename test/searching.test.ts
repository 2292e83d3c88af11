import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { getCollection, openPostgres, textIndex } from "@polyseme/store";
import { TINY_TABLE, writeTinyModel } from "./fixtures/encoder/tiny-model.ts";
import { cosine } from "./support/compare-vectors.ts";
import { waitUntil, type HitAnswer } from "./support/http.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const [databaseUrl, redisUrl] = [inject("databaseUrl"), inject("redisUrl")];

interface Hit extends HitAnswer {
  readonly collection?: string;
  readonly ranks?: { readonly vector?: number; readonly lexical?: number };
  readonly snippet?: { text: string; start: number; end: number; marks: [number, number][] };
}

interface Found {
  readonly hits: Hit[];
  readonly next?: string;
  readonly timing: Readonly<Record<string, number>>;
}

const NOTES = [
  { id: "paris", text: "Paris is the capital of France. It lies on the Seine.", metadata: { kind: "city" } },
  {
    id: "rivers",
    text: "The rivers of France run into the Atlantic and the Mediterranean.",
    metadata: { kind: "water" },
  },
  {
    id: "coffee",
    text: "Coffee is brewed from roasted beans, and espresso under pressure.",
    metadata: { kind: "drink" },
  },
  {
    id: "error",
    text: "The program ended with the error E4711, which nobody had seen before.",
    metadata: { kind: "log" },
  },
  { id: "zh", text: "黑豹队的防守只丢了308分，在联盟中排名第六。水是生命之源。", metadata: { kind: "zh" } },
  { id: "ja", text: "東京タワーは東京都港区にある電波塔で、高さは333メートルです。", metadata: { kind: "ja" } },
  { id: "ko", text: "서울은 대한민국의 수도이며 한강이 도시를 가로지른다.", metadata: { kind: "ko" } },
];
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

describe.skipIf(databaseUrl === null || redisUrl === null)("search on real servers", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startServerStack(databaseUrl ?? "", redisUrl ?? undefined);
    const german = [{ id: "haus", text: "Die Häuser am Fluss sind alt." }];
    const many = LETTERS.map((letter, i) => ({ id: letter, text: `letter ${letter} ${"word ".repeat(1 + (i % 5))}` }));
    // The same text twice, so that scores are equal.
    const more = LETTERS.map((letter, i) => ({ id: `${letter}2`, text: many[i]?.text ?? "" }));
    await stack.http.call("PUT", "/v1/collections/german", { language: "de" });
    for (const [name, documents] of Object.entries({ notes: NOTES, german, many: [...many, ...more] })) {
      const { ticket } = await stack.http.push(name, documents);
      await stack.http.settled(ticket);
    }
  }, 120_000);
  afterAll(() => stack.stop());

  async function search(body: Record<string, unknown>, collection = "notes"): Promise<Found> {
    const { status, body: found } = await stack.http.call("POST", `/v1/collections/${collection}/search`, body);
    expect([status, found["error"]]).toEqual([200, undefined]);
    return found as unknown as Found;
  }

  async function ids(body: Record<string, unknown>, collection?: string): Promise<string[]> {
    return (await search(body, collection)).hits.map(({ id }) => id);
  }

  async function fault(body: Record<string, unknown>, collection = "notes"): Promise<unknown> {
    const { status, body: answer } = await stack.http.call("POST", `/v1/collections/${collection}/search`, body);
    return [status, (answer["error"] as { details?: { field?: string } }).details?.field];
  }

  test("by words finds them in any form, and nothing else", async () => {
    expect(await ids({ query: "river", mode: "lexical" })).toEqual(["rivers"]);
    expect(await ids({ query: "E4711", mode: "lexical" })).toEqual(["error"]);
    expect((await ids({ query: "the capital of france", mode: "lexical" }))[0]).toBe("paris");
    expect(await ids({ query: "Haus", mode: "lexical" }, "german")).toEqual(["haus"]);
    for (const query of ["zebra", "the of and", "?!"]) expect(await ids({ query, mode: "lexical" })).toEqual([]);
  });

  test.each([
    ["Chinese", "黑豹队防守", "zh"],
    ["a single Chinese character", "水", "zh"],
    ["Japanese", "東京タワーの高さ", "ja"],
    ["half-width Japanese", "ﾀﾜｰ", "ja"],
    ["Korean", "대한민국 수도", "ko"],
  ])("by words finds %s in a collection without a language", async (_, query, id) => {
    expect((await ids({ query, mode: "lexical" }))[0]).toBe(id);
    expect((await ids({ query, mode: "hybrid" }))[0]).toBe(id);
  });

  test("in hybrid mode says the places in both lists, and its score is their reciprocal ranks", async () => {
    const { hits, timing } = await search({ query: "which error did the program end with", mode: "hybrid" });
    expect(hits[0]).toMatchObject({ id: "error", ranks: { vector: 1, lexical: 1 } });
    for (const { score, ranks = {} } of hits)
      expect(score).toBeCloseTo(
        [ranks.vector, ranks.lexical].reduce<number>(
          (sum, rank) => sum + (rank === undefined ? 0 : 1 / (60 + rank)),
          0,
        ),
        10,
      );
    expect(hits).toHaveLength(NOTES.length);
    expect([typeof timing["searchMs"], typeof timing["lexicalMs"]]).toEqual(["number", "number"]);
  });

  test("by words keeps to a filter", async () => {
    const query = { query: "France", mode: "lexical" };
    expect((await ids(query)).sort()).toEqual(["paris", "rivers"]);
    expect(await ids({ ...query, filter: { kind: "water" } })).toEqual(["rivers"]);
    expect(await ids({ ...query, filter: { kind: "drink" } })).toEqual([]);
  });

  test("finds documents like another, without it", async () => {
    const like = await ids({ like: "rivers", k: 3 });
    expect(like[0]).toBe("paris");
    expect(like).not.toContain("rivers");
    expect(await fault({ like: "nobody" })).toEqual([404, "like"]);
    expect(await fault({ like: "paris", query: "x" })).toEqual([400, "like"]);
  });

  test("over several collections says of each hit where it is", async () => {
    const { hits } = await search({ query: "old houses at the river", collections: ["german"], k: 20 });
    expect(hits).toHaveLength(NOTES.length + 1);
    expect(hits.find(({ id }) => id === "haus")).toMatchObject({ collection: "german" });
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
    for (const mode of ["lexical", "hybrid"])
      expect(await ids({ query: "Häuser Seine", mode, collections: ["german"] })).toEqual(
        expect.arrayContaining(["haus", "paris"]),
      );
    expect(await fault({ query: "x", collections: ["none-such"] })).toEqual([404, "collection"]);
  });

  test("leaves out what is below the least score", async () => {
    const { hits } = await search({ query: "capital of France" });
    const minScore = hits[1]?.score ?? 1;
    expect(await ids({ query: "capital of France", minScore })).toEqual(hits.slice(0, 2).map(({ id }) => id));
    expect(await fault({ query: "x", mode: "hybrid", minScore })).toEqual([400, "minScore"]);
  });

  test.each([
    ["vector", {}],
    ["lexical", { mode: "lexical" }],
    ["hybrid", { mode: "hybrid" }],
    ["chunk", { group: "chunk" }],
    ["two collections'", { collections: ["notes"] }],
    ["filtered lexical", { mode: "lexical", filter: { kind: { $exists: false } } }],
  ])("%s pages joined are the one large answer", async (_, how) => {
    const body = { query: "word letter b", ...how };
    const all = await search({ ...body, k: 100 }, "many");
    expect(all.hits.length).toBeGreaterThan(50);
    expect(all.next).toBeUndefined();
    const joined: Hit[] = [];
    for (let page: string | undefined, pages = 0; pages < 20; pages += 1) {
      const { hits, next } = await search({ ...body, k: 7, ...(page === undefined ? {} : { page }) }, "many");
      joined.push(...hits);
      page = next;
      if (page === undefined) break;
    }
    expect(joined.map(({ id, score }) => [id, score])).toEqual(all.hits.map(({ id, score }) => [id, score]));
  });

  test("refuses a page of another search", async () => {
    const { next } = await search({ query: "word", k: 2 }, "many");
    expect(await fault({ query: "letter", k: 2, page: next }, "many")).toEqual([400, "page"]);
    expect(await fault({ query: "word", k: 2, page: next })).toEqual([400, "page"]);
  });

  test("gives snippets that slice the document, with the words that count marked", async () => {
    for (const mode of ["lexical", "hybrid", "vector"]) {
      const { hits } = await search({ query: "the river of 대한민국", mode, snippets: true });
      for (const { id, snippet } of hits) {
        const { text = "" } = NOTES.find((note) => note.id === id) ?? {};
        expect(text.slice(snippet?.start, snippet?.end)).toBe(snippet?.text);
        const marked = snippet?.marks.map(([start, end]) => text.slice(start, end));
        if (id === "rivers") expect(marked).toEqual(["rivers"]);
        if (id === "ko") expect(marked).toEqual(["대한민국"]);
      }
      expect(hits.map(({ id }) => id)).toEqual(expect.arrayContaining(["rivers", "ko"]));
    }
  });

  test("by words answers alike with its index and without", async () => {
    const queries = ["word letter b", "letter", "c d e"].map((query) => ({ query, mode: "lexical", k: 100 }));
    const before = await Promise.all(queries.map((body) => search(body, "many")));
    await buildTextIndex("many");
    const after = await Promise.all(queries.map((body) => search(body, "many")));
    const scores = (found: Found): unknown => found.hits.map(({ id, score }) => [id, score.toFixed(9)]);
    expect(after.map(scores)).toEqual(before.map(scores));
  });

  /** Asks for it as a setting, and waits until searches use it. */
  async function buildTextIndex(name: string): Promise<void> {
    await stack.http.call("PUT", `/v1/collections/${name}`, { index: { text: "gin" } });
    const database = openPostgres(stack.environment["DATABASE_URL"] ?? "", {
      maxConnections: 2,
      onIdleError: () => undefined,
    });
    try {
      const { name: index } = textIndex(await getCollection(database, name));
      await waitUntil("a search has used the index", async () => {
        await search({ query: "letter", mode: "lexical" }, name);
        const { rows } = await database.query<{ scans: number }>(
          "select idx_scan as scans from pg_stat_user_indexes where indexrelname = $1",
          [index],
        );
        return (rows[0]?.scans ?? 0) > 0;
      });
    } finally {
      await database.close();
    }
  }
});

describe("a model that wants words of its own before texts", () => {
  let folder: string;
  let stack: TestStack;
  beforeAll(async () => {
    folder = await writeTinyModel();
    const prompts = { prompts: { query: "a ", document: "b " } };
    await writeFile(join(folder, "config_sentence_transformers.json"), JSON.stringify(prompts));
    stack = await startEmbeddedStack({ POLYSEME_MODEL: folder });
  }, 60_000);
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true });
  });

  test("sees them before queries and before chunks, whose texts and offsets are without them", async () => {
    const text = "c c c c c c c c c c c";
    const { ticket } = await stack.http.push("tiny", [
      { id: "short", text: "c" },
      { id: "long", text },
    ]);
    expect(await stack.http.settled(ticket)).toMatchObject({ stored: 2 });
    const hits = await stack.http.search("tiny", { query: "c", group: "chunk", k: 100 });
    const chunks = hits.filter(({ id }) => id === "long").map(({ chunk }) => chunk);
    chunks.sort((one, other) => one.ordinal - other.ordinal);
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
    for (const { start, end, text: part } of chunks) expect(text.slice(start, end)).toBe(part);
    // The model gives each token its row; [CLS] is 1, [SEP] 2, a 4, b 5 and c 6.
    const expected = cosine(meanOf([1, 4, 6, 2]), meanOf([1, 5, 6, 2]));
    expect(hits.find(({ id }) => id === "short")?.score).toBeCloseTo(expected, 5);
  });

  test("cannot be asked to keep vectors of tokens", async () => {
    for (const wanted of [{ tokenVectors: "int8" }, { lateChunking: true }])
      expect(await stack.http.call("PUT", "/v1/collections/tokens", wanted)).toMatchObject({ status: 400 });
  });
});

function meanOf(ids: readonly number[]): number[] {
  return [0, 1, 2, 3].map((d) => ids.reduce((sum, id) => sum + (TINY_TABLE[id]?.[d] ?? 0), 0) / ids.length);
}
