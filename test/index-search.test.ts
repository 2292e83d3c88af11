import { DEFAULT_INDEX, parseFilter, type Filter, type IndexSettings } from "@polyseme/core";
import {
  chunkTable,
  ensureCollection,
  getCollection,
  keepIndexes,
  listIndexes,
  openPostgres,
  searchChunks,
  setIndexSettings,
  type Collection,
  type Database,
  type GraphPolicy,
  type KeptAct,
} from "@polyseme/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openTestStore, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const never = new AbortController().signal;
const CHUNKS = 2_000;
const DIMENSIONS = 32;
/** A session tells what it read when it was idle for that long. */
const STATISTICS_MS = 15_000;
/** Two chunks a document. */
const DOCUMENTS = CHUNKS / 2;
/** As the real one, for collections of this size. */
const POLICY: GraphPolicy = {
  buildFromChunks: 1_000,
  buildFromMs: 0,
  dropBelowChunks: 500,
  dropBelowMs: 0,
  loadShare: 0.2,
};

describe.skipIf(databaseUrl === null)("searches of a collection that is indexed", () => {
  let store: TestStore;
  let database: Database;

  beforeAll(async () => {
    store = await openTestStore(databaseUrl ?? "", 8);
    database = store.database;
  });
  afterAll(() => store.close());

  /** Documents of so many chunks each, their vectors in a hundred clusters as those of texts are. */
  const make = async (
    name: string,
    index: Partial<IndexSettings>,
    { documents = DOCUMENTS, chunksEach = CHUNKS / DOCUMENTS } = {},
  ): Promise<Collection> => {
    const { collection } = await ensureCollection(database, {
      name,
      language: null,
      model: "none",
      dimensions: DIMENSIONS,
      chunking: { maxTokens: 16, overlapTokens: 0, strategy: "sentence" },
      index,
    });
    await database.query("select setseed(0.5)");
    await database.query(
      `insert into polyseme_store.documents
         (collection_id, id, revision, stored_revision, state, text, text_hash, job, metadata)
       select $1, 'd' || n, n, n, 'stored', 'x', '', 1, jsonb_build_object('n', n, 'odd', n % 2)
       from generate_series(0, $2::int - 1) n`,
      [collection.id, documents],
    );
    await database.query(
      `insert into ${chunkTable(collection.id, 1)}
       select 'd' || (n / $3::int), n % $3::int, 0, 1, 1, 'x', (
         select array_agg(sin((n % 100) * d) + 0.7 * (random() - 0.5) order by d)::real[]::vector
         from generate_series(1, $1::int) d where n >= 0)
       from generate_series(0, $2::int - 1) n`,
      [DIMENSIONS, documents * chunksEach, chunksEach],
    );
    return getCollection(database, name);
  };

  const keep = async (): Promise<KeptAct[]> => {
    const acts: KeptAct[] = [];
    const errors: unknown[] = [];
    await keepIndexes(database, {
      signal: never,
      policy: POLICY,
      sample: 20,
      lookAgainMs: 20,
      onAct: (act) => void acts.push(act),
      onError: (_, error) => void errors.push(error),
    });
    expect(errors).toEqual([]);
    return acts;
  };

  const queries = Array.from({ length: 10 }, (_, q) =>
    Float32Array.from({ length: DIMENSIONS }, (_, d) => Math.sin(q * 5 * (d + 1)) + 0.3 * Math.sin(q + 7 * d)),
  );

  const scansOf = async ({ id }: Collection): Promise<number> => {
    const { rows } = await database.query<{ scans: number }>(
      "select coalesce(sum(idx_scan), 0)::int as scans from pg_stat_all_indexes where indexrelname like $1",
      [`vector_${id}_%`],
    );
    return rows[0]?.scans ?? 0;
  };

  /** Share of the exact answer that searches find, and whether they came by an index. */
  const compare = async (
    collection: Collection,
    k: number,
    group: "document" | "chunk",
    filter?: Filter,
  ): Promise<number> => {
    let found = 0;
    for (const vector of queries) {
      const exact = await searchChunks(database, collection, { vector, k, group, filter, exact: true });
      const hits = await searchChunks(database, collection, { vector, k, group, filter });
      expect(hits).toHaveLength(k);
      expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
      const wanted = new Set(exact.map(({ documentId, chunk }) => `${documentId} ${chunk.ordinal}`));
      found += hits.filter(({ documentId, chunk }) => wanted.has(`${documentId} ${chunk.ordinal}`)).length;
    }
    return found / (k * queries.length);
  };

  test.each(["full", "half", "bit"] as const)(
    "through a %s graph find what was asked for, in any number",
    async (precision) => {
      const collection = await make(`p-${precision}`, { vector: "hnsw", precision, recall: 0.9 });
      const acts = (await keep()).filter(({ collection: of }) => of === collection.name);
      expect(acts.map(({ did }) => did)).toEqual(["built", "measured"]);
      const indexed = await getCollection(database, collection.name);
      expect(indexed.generation.measure?.graph?.precision).toBe(precision);
      const before = await scansOf(collection);
      expect(await compare(indexed, 10, "chunk")).toBeGreaterThanOrEqual(0.85);
      expect(await compare(indexed, 10, "document")).toBeGreaterThanOrEqual(0.85);
      expect(await compare(indexed, 100, "document")).toBeGreaterThanOrEqual(0.85);
      expect(await compare(indexed, 1_000, "chunk")).toBeGreaterThanOrEqual(0.85);
      // All documents there are, so that a graph that misses one is not enough.
      expect(await compare(indexed, DOCUMENTS, "document")).toBe(1);
      await expect.poll(() => scansOf(collection), { timeout: STATISTICS_MS }).toBeGreaterThan(before);
      await setIndexSettings(database, collection.id, { vector: "exact" });
    },
  );

  test("a graph comes with size, is followed once it was measured, and goes when exact search is asked for", async () => {
    const collection = await make("auto", { recall: 0.9 });
    const acts = (await keep()).filter(({ collection: of }) => of === "auto");
    expect(acts.map(({ did }) => did)).toEqual(["measured", "built", "measured"]);
    expect(await listIndexes(database, collection)).toMatchObject([{ kind: "vector", state: "ready" }]);
    expect((await keep()).filter(({ collection: of }) => of === "auto")).toEqual([]);
    await setIndexSettings(database, collection.id, { vector: "exact" });
    expect((await keep()).filter(({ collection: of }) => of === "auto").map(({ did }) => did)).toEqual(["dropped"]);
    expect(await listIndexes(database, collection)).toEqual([]);
    expect((await getCollection(database, "auto")).generation.measure?.graph).toBeUndefined();
  });

  test("another precision is built before the graph that is followed goes", async () => {
    const collection = await make("change", { vector: "hnsw" });
    await keep();
    const [full] = await listIndexes(database, collection);
    await setIndexSettings(database, collection.id, { precision: "half" });
    const acts = (await keep()).filter(({ collection: of }) => of === "change");
    expect(acts.map(({ did, index }) => [did, index === full?.name])).toEqual([
      ["built", false],
      ["measured", false],
      ["dropped", true],
    ]);
    expect((await getCollection(database, "change")).generation.measure?.graph?.precision).toBe("half");
    await setIndexSettings(database, collection.id, { vector: "exact" });
  });

  test("a build that is not wanted any more is given up, and a second process has no turn meanwhile", async () => {
    const collection = await make("undecided", { vector: "hnsw" });
    const table = chunkTable(collection.id, 1);
    const kept: { acts?: Promise<KeptAct[]> } = {};
    await database.withTransaction(async (sql) => {
      // A writer for whom the build waits.
      await sql.query(`delete from ${table} where document_id = 'd1'`);
      kept.acts = keep();
      await expect
        .poll(() => listIndexes(database, collection), { timeout: 10_000 })
        .toMatchObject([{ state: "building" }]);
      const options = { signal: never, policy: POLICY, onAct: () => undefined, onError: () => undefined };
      expect(await keepIndexes(database, options)).toBe(false);
      await setIndexSettings(database, collection.id, { vector: "exact" });
      await expect
        .poll(() => listIndexes(database, collection), { timeout: 10_000 })
        .toMatchObject([{ state: "invalid" }]);
    });
    expect((await kept.acts)?.map(({ did }) => did)).toContain("given up");
    expect(await listIndexes(database, collection)).toEqual([]);
  });

  test("with a filter finds what matches, as many as are wanted, few or most of the collection", async () => {
    const collection = await make("filtered", { vector: "hnsw", recall: 0.99 }, { documents: 5_000, chunksEach: 1 });
    await keep();
    const indexed = await getCollection(database, collection.name);
    const odd = parseFilter({ odd: 1 }, "filter");
    const [first = new Float32Array(DIMENSIONS)] = queries;
    const before = await scansOf(collection);
    expect(await compare(indexed, 10, "document", odd)).toBeGreaterThanOrEqual(0.98);
    await expect.poll(() => scansOf(collection), { timeout: STATISTICS_MS }).toBeGreaterThan(before);
    expect(await compare(indexed, 10, "document", parseFilter({ n: { $lt: 50 } }, "filter"))).toBe(1);
    expect(await compare(indexed, 10, "chunk", parseFilter({ n: { $gte: 4_990 } }, "filter"))).toBe(1);
    // More than half of what matches.
    expect(await compare(indexed, 1_000, "document", odd)).toBeGreaterThanOrEqual(0.98);
    for (const hit of await searchChunks(database, indexed, { vector: first, k: 50, group: "chunk", filter: odd }))
      expect(hit.metadata).toMatchObject({ odd: 1 });
    const none = { vector: first, k: 10, group: "document", filter: parseFilter({ n: -1 }, "filter") } as const;
    expect(await searchChunks(database, indexed, none)).toEqual([]);
    await setIndexSettings(database, collection.id, { vector: "exact" });
  });

  test("a statement's settings hold for it alone", async () => {
    const one = openPostgres(store.url, { maxConnections: 1, onIdleError: () => undefined });
    try {
      const show = "select current_setting('hnsw.ef_search', true) as ef, current_setting('jit') as jit, $1::int as n";
      // The library of the type brings its settings along.
      const load = (): Promise<unknown> => one.query("select '[1]'::vector <=> '[1]'::vector as distance");
      await load();
      const before = (await one.query(show, [1])).rows;
      const settings = { "hnsw.ef_search": "123", jit: "off" };
      expect((await one.queryWith(settings, show, [1])).rows).toEqual([{ ef: "123", jit: "off", n: 1 }]);
      expect((await one.query(show, [1])).rows).toEqual(before);
      await expect(one.queryWith({ "no.such": "1", jit: "sideways" }, show, [1])).rejects.toThrow("jit");
      await expect(one.queryWith(settings, "select 1 / $1::int", [0])).rejects.toMatchObject({ code: "22012" });
      await load();
      expect((await one.query(show, [1])).rows).toEqual(before);
    } finally {
      await one.close();
    }
  });

  test("settings that were not asked for follow the program's", async () => {
    const collection = await make("defaults", { recall: 0.99 });
    expect(collection.index).toEqual({ ...DEFAULT_INDEX, recall: 0.99 });
    await setIndexSettings(database, collection.id, { metadata: ["year"] });
    expect((await getCollection(database, "defaults")).index).toMatchObject({ recall: 0.99, metadata: ["year"] });
  });
});
