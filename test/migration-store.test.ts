import { setTimeout as after } from "node:timers/promises";
import { NO_TOKENS, PolysemeError } from "@polyseme/core";
import {
  claimFollowed,
  countMigration,
  cutOver,
  deleteDocuments,
  endMigration,
  ensureCollection,
  getMigration,
  listMoreFollowed,
  readTexts,
  rollBack,
  startMigration,
  storeFollowed,
  type Collection,
  type Database,
  type DocumentRef,
  type EmbeddedChunk,
  type Sql,
} from "@polyseme/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { embedOne, openTestStore, pushOne, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const embedding = Float32Array.of(1, 0, 0);
const chunking = { maxTokens: 16, overlapTokens: 0, strategy: "sentence" } as const;
const settings = { model: "none", dimensions: 3, chunking, tokens: NO_TOKENS, language: null };

/** A chunk a word, so that texts of other lengths have other numbers of chunks. */
function chunksOf(text: string): EmbeddedChunk[] {
  return text.split(" ").map((word, i) => ({ start: i, end: i + 1, text: word, tokens: 1, embedding }));
}

/** Rows of the tables in question that this session's transactions have read. */
async function rowsRead(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ read: number }>(
    `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int as read from pg_stat_xact_user_tables
     where relname in ('documents', 'followed_documents') or relname like 'chunks%'`,
  );
  return rows[0]?.read ?? 0;
}

const isConflict = (error: unknown): boolean => error instanceof PolysemeError && error.code === "conflict";

describe.skipIf(databaseUrl === null)("generations in the store", () => {
  let store: TestStore;
  let database: Database;

  beforeAll(async () => {
    store = await openTestStore(databaseUrl ?? "", 12);
    database = store.database;
  });
  afterAll(() => store.close());

  const make = async (name: string): Promise<Collection> =>
    (await ensureCollection(database, { name, ...settings })).collection;

  const push = (collection: Collection, id: string, text: string): Promise<DocumentRef> =>
    pushOne(database, collection, id, text);

  const embed = (name: string, ref: DocumentRef, encode?: () => Promise<unknown>): Promise<void> =>
    embedOne(database, { name, ref, chunksOf: chunksOf }, encode);

  /** What a follower does in one pass; answers whether there was anything to do. */
  const follow = async (name: string): Promise<boolean> => {
    const { collection, follower } = await getMigration(database, name);
    await listMoreFollowed(database, collection.id);
    const claimed = await claimFollowed(database, collection.id, 8);
    const texts = await readTexts(database, collection.id, claimed);
    const target = { collectionId: collection.id, live: collection.generation.number, follower: follower.number };
    await storeFollowed(
      database,
      target,
      texts.map((document) => ({ ...document, chunks: chunksOf(document.text) })),
    );
    // What was not written comes up again; here at once.
    await database.query(
      "update polyseme_store.followed_documents set next_attempt_at = now() where collection_id = $1",
      [collection.id],
    );
    return claimed.length > 0;
  };

  const textsIn = async ({ id }: Collection, generation: number): Promise<Record<string, string>> => {
    const { rows } = await database.query<{ id: string; text: string }>(
      `select document_id as id, string_agg(text, ' ' order by ordinal) as text
       from polyseme_store.chunks_${id}_${generation} group by document_id order by document_id`,
    );
    return Object.fromEntries(rows.map((row) => [row.id, row.text]));
  };
  const ledger = async ({ id }: Collection): Promise<Record<string, string>> => {
    const { rows } = await database.query<{ id: string; text: string }>(
      "select id, text from polyseme_store.documents where collection_id = $1 order by id",
      [id],
    );
    return Object.fromEntries(rows.map((row) => [row.id, row.text]));
  };

  test("a document that was encoded for the old generation is not stored after the cutover, and is embedded again", async () => {
    const collection = await make("late");
    await embed("late", await push(collection, "d", "one"));
    await startMigration(database, "late", { ...settings, chunking: { ...chunking, maxTokens: 8 } });
    while (await follow("late"));
    const ref = await push(collection, "d", "one two");
    await embed("late", ref, () => cutOver(database, "late", { force: false }));
    expect(await textsIn(collection, 1)).toEqual({ d: "one" });
    expect(await textsIn(collection, 2)).toEqual({ d: "one" });
    await embed("late", ref);
    expect(await textsIn(collection, 2)).toEqual({ d: "one two" });
    while (await follow("late"));
    expect(await textsIn(collection, 1)).toEqual({ d: "one two" });
  });

  test("a rollback queues again what the old generation does not have yet", async () => {
    const collection = await make("back");
    await embed("back", await push(collection, "d", "one two three"));
    await startMigration(database, "back", { ...settings, model: "other", dimensions: 3 });
    while (await follow("back"));
    await cutOver(database, "back", { force: false });
    const ref = await push(collection, "d", "four");
    await embed("back", ref);
    expect(await countMigration(database, collection.id)).toMatchObject({ total: 1, pending: 1 });
    expect(await rollBack(database, "back")).toMatchObject({ phase: "rolled_back" });
    const { rows } = await database.query("select state from polyseme_store.documents where collection_id = $1", [
      collection.id,
    ]);
    expect(rows).toEqual([{ state: "queued" }]);
    await embed("back", ref);
    expect(await textsIn(collection, 1)).toEqual({ d: "four" });
    await expect(cutOver(database, "back", { force: false })).rejects.toSatisfy(isConflict);
  });

  test("after any mixture of pushes, writes, deletes, cutovers and rollbacks both generations have what the ledger has", async () => {
    const collection = await make("mixed");
    const seed = Number(process.env["POLYSEME_SEED"] ?? Date.now() % 100_000);
    let state = seed;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    const ids = Array.from({ length: 24 }, (_, i) => `d${i}`);
    const pick = (): string => ids[random(ids.length)] ?? "d0";
    for (const id of ids) await embed("mixed", await push(collection, id, "first life"));
    await startMigration(database, "mixed", { ...settings, chunking: { ...chunking, maxTokens: 8 } });
    const untilMs = performance.now() + 4_000;
    const again = async (act: () => Promise<unknown>): Promise<void> => {
      while (performance.now() < untilMs) {
        await act();
        await after(random(4));
      }
    };
    let switches = 0;
    await Promise.all([
      ...[1, 2, 3].map(() =>
        again(async () => {
          const words = Array.from({ length: 1 + random(4) }, () => `w${random(1_000)}`);
          await embed("mixed", await push(collection, pick(), words.join(" ")), () => after(random(15)));
        }),
      ),
      ...[1, 2].map(() => again(() => follow("mixed"))),
      again(async () => {
        await after(20);
        await deleteDocuments(database, collection, [pick()]);
      }),
      again(async () => {
        await (random(2) === 0 ? cutOver(database, "mixed", { force: false }) : rollBack(database, "mixed")).then(
          () => (switches += 1),
          (error: unknown) => {
            if (!isConflict(error)) throw error;
          },
        );
      }),
    ]);
    const waiting = async (): Promise<DocumentRef[]> => {
      const { rows } = await database.query<DocumentRef>(
        "select id, revision from polyseme_store.documents where collection_id = $1 and state <> 'stored'",
        [collection.id],
      );
      return rows;
    };
    for (const ref of await waiting()) await embed("mixed", ref);
    expect(await waiting()).toEqual([]);
    while (await follow("mixed"));
    const expected = await ledger(collection);
    expect({ seed, texts: await textsIn(collection, 1) }).toEqual({ seed, texts: expected });
    expect({ seed, texts: await textsIn(collection, 2) }).toEqual({ seed, texts: expected });
    expect(switches).toBeGreaterThan(2);
    expect(await endMigration(database, "mixed")).toMatchObject({ dropped: expect.any(Number) as number });
  });

  test("a batch reads its own documents, not the collection, also before Postgres knows the tables' statistics", async () => {
    const large = await make("large");
    const rows = 30_000;
    await database.query(
      `insert into polyseme_store.documents (collection_id, id, revision, stored_revision, state, text, text_hash, job)
       select $1, 'l' || i, i, i, 'stored', repeat('text ', 100), '\\x00', 1 from generate_series(1, ${rows}) i`,
      [large.id],
    );
    await startMigration(database, "large", { ...settings, chunking: { ...chunking, maxTokens: 8 } });
    for (const generation of [1, 2])
      await database.query(
        `insert into polyseme_store.chunks_${large.id}_${generation}
         select 'l' || i, 0, 0, 1, 1, 'text', '[1,0,0]' from generate_series(1, ${rows}) i`,
      );
    await database.query(
      `insert into polyseme_store.followed_documents (collection_id, id, revision)
       select $1, 'l' || i, i from generate_series(1, ${rows}) i`,
      [large.id],
    );
    const refs = Array.from({ length: 64 }, (_, i) => ({ id: `l${i * 400 + 1}`, revision: i * 400 + 1 }));
    const target = { collectionId: large.id, live: 1, follower: 2 };
    const acts: Record<string, { readonly most: number; readonly act: (sql: Sql) => Promise<unknown> }> = {
      list: {
        most: 11_000,
        act: (sql) => listMoreFollowed({ ...database, withTransaction: (work) => work(sql) }, large.id),
      },
      claim: { most: 640, act: (sql) => claimFollowed(sql, large.id, refs.length) },
      read: { most: 640, act: (sql) => readTexts(sql, large.id, refs) },
      write: {
        most: 640,
        act: (sql) =>
          storeFollowed(
            { ...database, query: sql.query.bind(sql) },
            target,
            refs.map((ref) => ({ ...ref, chunks: chunksOf("text") })),
          ),
      },
      delete: {
        most: 640,
        act: (sql) =>
          deleteDocuments(
            { ...database, withTransaction: (work) => work(sql) },
            large,
            refs.map(({ id }) => id),
          ),
      },
    };
    for (const [name, { most, act }] of Object.entries(acts)) {
      const read = await database.withTransaction(async (sql) => {
        // Counted since the session began, as what ended in a rollback is counted too.
        const before = await rowsRead(sql);
        await act(sql);
        const after = await rowsRead(sql);
        await sql.query("rollback");
        await sql.query("begin");
        return after - before;
      });
      expect([name, read <= most ? "few" : read]).toEqual([name, "few"]);
    }
  });
});
