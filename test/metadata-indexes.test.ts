import { DEFAULT_INDEX, matchesFilter, NO_TOKENS, parseFilter, printFilter, type Filter } from "@polyseme/core";
import {
  countMatching,
  ensureCollection,
  filterCondition,
  givenInto,
  metadataIndexes,
  type Collection,
  type Database,
} from "@polyseme/store";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { anyFilter, anyMetadata } from "./support/filters.ts";
import { openTestStore, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const chunking = { maxTokens: 16, overlapTokens: 0, strategy: "sentence" } as const;

describe.skipIf(databaseUrl === null)("indexes over metadata", () => {
  let store: TestStore;
  let database: Database;
  /** One session, for settings of the planner. */
  let client: pg.Client;

  beforeAll(async () => {
    store = await openTestStore(databaseUrl ?? "", 2);
    database = store.database;
    client = new pg.Client({ connectionString: store.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await store.close();
  });

  async function filled(
    name: string,
    fields: true | readonly string[],
    records: readonly Record<string, unknown>[],
  ): Promise<Collection> {
    const settings = { name, language: null, model: "none", dimensions: 3, chunking, tokens: NO_TOKENS };
    const { collection } = await ensureCollection(database, settings);
    for (const { name: index, on, using } of metadataIndexes({
      id: collection.id,
      index: { ...DEFAULT_INDEX, metadata: fields },
    }))
      await client.query(`create index ${index} on ${on} ${using}`);
    await client.query(
      `insert into polyseme_store.documents (collection_id, id, revision, text, text_hash, metadata, job)
       select $1, at::text, at, repeat('word ', 100), '', value, 1
       from jsonb_array_elements($2::jsonb) with ordinality as r(value, at)`,
      [collection.id, JSON.stringify(records)],
    );
    await client.query("analyze polyseme_store.documents");
    return collection;
  }

  async function planOf({ id }: Collection, filter: unknown): Promise<string> {
    const params: unknown[] = [id];
    const condition = filterCondition(parseFilter(filter, "filter"), "d.metadata", givenInto(params));
    const { rows } = await client.query<{ "QUERY PLAN": string }>(
      `explain select from polyseme_store.documents d where d.collection_id = $1 and ${condition}`,
      params,
    );
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }

  test("answer equality, ranges and lists, of the collection that asked for them", async () => {
    const records = Array.from({ length: 5_000 }, (_, i) => ({
      n: i,
      day: new Date(i * 86_400_000).toISOString(),
      tags: [`t${i}`, "all"],
      in: { a: [{ b: i }], c: `c${i}` },
      ...(i === 7 ? { n: [7, 5_007] } : {}),
    }));
    const collection = await filled("listed", ["n", "day", "in.c"], records);
    const cases: [filter: unknown, index: RegExp][] = [
      [{ n: 77 }, /_all/],
      [{ tags: "t77" }, /_all/],
      [{ "in.a.b": 77 }, /_all/],
      [{ tags: { $in: ["t1", "t2"] }, n: { $ne: 5 } }, /_all/],
      [{ $or: [{ n: 77 }, { "in.c": "c1" }] }, /BitmapOr[^]*_all[^]*_all/],
      [{ n: { $gt: 4_990 } }, /_number_[^]*_list_/],
      [{ n: { $gte: 10, $lt: 12 } }, /_number_[^]*_list_/],
      [{ day: { $lt: "1970-01-03" } }, /_text_[^]*_list_/],
      [{ "in.c": { $gt: "c4998" } }, /_text_[^]*_list_/],
      [{ n: { $in: Array.from({ length: 40 }, (_, i) => i) } }, /_number_[^]*_list_/],
    ];
    for (const [filter, index] of cases) expect(await planOf(collection, filter)).toMatch(index);
    const everything = await filled("everything", true, []);
    await client.query("update polyseme_store.documents set collection_id = $1 where id::int > 2000", [everything.id]);
    await client.query("vacuum analyze polyseme_store.documents");
    const plan = await planOf(everything, { n: 4_000 });
    expect(plan).toContain(`metadata_${everything.id}_all`);
    expect(plan).not.toContain(`metadata_${collection.id}_`);
  });

  test("find what a look at every document finds, whatever it holds", async () => {
    const records = fc.sample(anyMetadata, { numRuns: 400, seed: 7 });
    records.push(...["x", "😀"].map((text) => ({ a: text.repeat(60_000 / Buffer.byteLength(text)), b: [text] })));
    const collection = await filled("odd", ["a", "b", "a.b", "0", 'q"\\\\', "it's", "ü\n😀.a"], records);
    await client.query("set enable_seqscan = off");
    await client.query("set enable_indexscan = off");
    let byIndex = 0;
    await fc.assert(
      fc.asyncProperty(anyFilter, async (filter) => {
        const params: unknown[] = [collection.id];
        const condition = filterCondition(filter, "d.metadata", givenInto(params));
        const found = await client.query<{ id: number }>(
          `select d.id::int from polyseme_store.documents d where d.collection_id = $1 and ${condition} order by 1`,
          params,
        );
        const expected = records.flatMap((metadata, i) => (matchesFilter(filter, metadata) ? [i + 1] : []));
        expect(found.rows.map(({ id }) => id)).toEqual(expected);
        if ((await planOf(collection, printFilter(filter))).includes("metadata_")) byIndex += 1;
      }),
      { numRuns: 200 },
    );
    // Some 50 of 200; the rest is told by no index.
    expect(byIndex).toBeGreaterThan(20);
  });

  test("count what a filter keeps, no further than asked", async () => {
    const collection = await filled(
      "counted",
      true,
      Array.from({ length: 50 }, (_, i) => ({ even: i % 2 === 0 })),
    );
    const even: Filter = parseFilter({ even: true }, "filter");
    expect(await countMatching(database, collection, even, 100)).toBe(25);
    expect(await countMatching(database, collection, even, 10)).toBe(10);
  });

  test("have names of their own for each field, which stay as they are", () => {
    const namesOf = (metadata: boolean | string[]): string[] =>
      metadataIndexes({ id: 5, index: { ...DEFAULT_INDEX, metadata } }).map(({ name }) => name);
    expect(namesOf(false)).toEqual([]);
    expect(namesOf(true)).toEqual(["metadata_5_all"]);
    expect(new Set(namesOf(["a", "b", "a.b", "a\\.b"])).size).toBe(13);
    expect(namesOf(["b", "a"]).sort()).toEqual(namesOf(["a", "b"]).sort());
  });
});
