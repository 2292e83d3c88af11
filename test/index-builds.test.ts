import { setTimeout as after } from "node:timers/promises";
import {
  buildIndex,
  chunkTable,
  dropIndex,
  ensureCollection,
  indexName,
  listIndexes,
  openPostgres,
  type BuiltIndex,
  type Collection,
  type Database,
  type IndexSpec,
} from "@polyseme/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openTestStore, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const never = new AbortController().signal;
const DEADLINE_MS = 10_000;

describe.skipIf(databaseUrl === null)("an index of a collection", () => {
  let store: TestStore;
  let database: Database;

  beforeAll(async () => {
    store = await openTestStore(databaseUrl ?? "", 8);
    database = store.database;
  });
  afterAll(() => store.close());

  const make = async (name: string): Promise<{ collection: Collection; spec: IndexSpec; table: string }> => {
    const { collection } = await ensureCollection(database, {
      name,
      language: null,
      model: "none",
      dimensions: 3,
      chunking: { maxTokens: 16, overlapTokens: 0, strategy: "sentence" },
    });
    const table = chunkTable(collection.id, collection.generation.number);
    await database.query(
      `insert into ${table} select 'd' || n, 0, 0, 1, 1, 'x', array[n, 1, 1]::vector from generate_series(1, 200) n`,
    );
    const using = "using hnsw (embedding vector_cosine_ops)";
    return {
      collection,
      table,
      spec: { kind: "vector", name: indexName("vector", collection.id, "1"), on: table, using },
    };
  };

  /** What is listed of a collection's only index, once it is as wanted. */
  const listed = async (collection: Collection, state: BuiltIndex["state"]): Promise<BuiltIndex> => {
    const until = performance.now() + DEADLINE_MS;
    for (;;) {
      const [index] = await listIndexes(database, collection);
      if (index?.state === state) return index;
      if (performance.now() > until) throw new Error(`The index is ${index?.state ?? "not there"}, not ${state}`);
      await after(10);
    }
  };

  /** Holds the table as a writer does whose transaction is open. */
  const writeSlowly = (table: string, during: () => Promise<void>): Promise<void> =>
    database.withTransaction(async (sql) => {
      await sql.query(`delete from ${table} where document_id = 'd1'`);
      await during();
    });

  test("is built once, listed, and dropped", async () => {
    const { collection, spec } = await make("built");
    expect(await listIndexes(database, collection)).toEqual([]);
    expect(await buildIndex(database, spec, never, { memoryBytes: 128 * 1024 ** 2 })).toBe("built");
    expect(await buildIndex(database, spec, never)).toBe("there");
    const [index] = await listIndexes(database, collection);
    expect(index).toMatchObject({ name: spec.name, kind: "vector", state: "ready" });
    expect(index?.bytes).toBeGreaterThan(0);
    expect(await dropIndex(database, spec.name)).toBe(true);
    expect(await dropIndex(database, spec.name)).toBe(false);
    expect(await listIndexes(database, collection)).toEqual([]);
  });

  test("is built while others write, is seen meanwhile, and keeps a second build away", async () => {
    const { collection, spec, table } = await make("beside");
    let building: Promise<unknown> = Promise.resolve();
    await writeSlowly(table, async () => {
      building = buildIndex(database, spec, never);
      const { progress } = await listed(collection, "building");
      expect(progress).toBeGreaterThanOrEqual(0);
      expect(progress).toBeLessThan(1);
      await database.query(`delete from ${table} where document_id = 'd2'`);
      expect(await buildIndex(database, { ...spec, name: indexName("vector", collection.id, "2") }, never)).toBe(
        "busy",
      );
    });
    expect(await building).toBe("built");
    expect((await listed(collection, "ready")).name).toBe(spec.name);
  });

  test("that is no longer wanted is given up while it is built, and nothing of it stays", async () => {
    const { collection, spec, table } = await make("cancelled");
    const stop = new AbortController();
    let stopped: Promise<unknown> = Promise.resolve();
    await writeSlowly(table, async () => {
      stopped = buildIndex(database, spec, stop.signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      await listed(collection, "building");
      stop.abort(new Error("not wanted"));
    });
    expect(await stopped).toMatchObject({ message: "not wanted" });
    expect(await listIndexes(database, collection)).toEqual([]);
    expect(await buildIndex(database, spec, never)).toBe("built");
  });

  test("of which a build was cut off counts for nothing and is made anew", async () => {
    const { collection, spec, table } = await make("invalid");
    await database.query(`create unique index concurrently ${spec.name} on ${table} (text)`).catch(() => undefined);
    expect((await listed(collection, "invalid")).name).toBe(spec.name);
    expect(await buildIndex(database, spec, never)).toBe("built");
    expect((await listed(collection, "ready")).name).toBe(spec.name);
  });

  test("with a definition that is wrong says so, leaves nothing and lets the next one build", async () => {
    const { collection, spec } = await make("wrong");
    await expect(buildIndex(database, { ...spec, using: "using hnsw (nowhere)" }, never)).rejects.toThrow("nowhere");
    expect(await listIndexes(database, collection)).toEqual([]);
    expect(await buildIndex(database, spec, never)).toBe("built");
  });

  test("leaves the session as it was", async () => {
    const { spec } = await make("session");
    const one = openPostgres(store.url, { maxConnections: 2, onIdleError: () => undefined });
    try {
      const settings = (): Promise<unknown> =>
        one.query("select name, setting from pg_settings where name ~ 'timeout|maintenance' order by name");
      const before = await settings();
      await buildIndex(one, spec, never, { memoryBytes: 256 * 1024 ** 2 });
      expect(await settings()).toEqual(before);
      const { rows } = await one.query(
        `select from pg_locks where locktype = 'advisory'
         and database = (select oid from pg_database where datname = current_database())`,
      );
      expect(rows).toEqual([]);
    } finally {
      await one.close();
    }
  });
});
