import { setTimeout as after } from "node:timers/promises";
import { makeRowSums, PolysemeError } from "@polyseme/core";
import {
  claimFollowed,
  cutOver,
  deleteCollection,
  deleteDocuments,
  dropUnusedTables,
  endMigration,
  ensureCollection,
  followTarget,
  getCollection,
  getMigration,
  listMoreFollowed,
  readChunkTokens,
  readPacked,
  releaseFollowed,
  rollBack,
  startMigration,
  storeFollowed,
  type Collection,
  type Database,
  type DocumentRef,
} from "@polyseme/store";
import { makeFormsOf } from "@polyseme/words";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { rechunk } from "../services/embedder/src/follow/rechunk.ts";
import { chunksOfWords, packedWords, WORD_DIMENSIONS } from "./support/packed-words.ts";
import { embedOne, openTestStore, pushOne, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const tokens = { tokenVectors: "int8", tokenPooling: 1, lateChunking: true } as const;
const chunking = { maxTokens: 32, overlapTokens: 0, strategy: "sentence" } as const;
const settings = { model: "m", dimensions: WORD_DIMENSIONS, chunking, tokens, language: null };
const SMALLER = { ...settings, chunking: { ...chunking, maxTokens: 5 } };
const [formsOf, sums] = [makeFormsOf(null), makeRowSums()];

const isConflict = (error: unknown): boolean => error instanceof PolysemeError && error.code === "conflict";

describe.skipIf(databaseUrl === null)("token vectors that generations share", () => {
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
    embedOne(database, { name, ref, chunksOf: chunksOfWords }, encode);

  /** What a follower does in one pass; answers whether there was anything to do. */
  const follow = async (name: string, meanwhile: () => Promise<unknown> = () => after(0)): Promise<boolean> => {
    const following = await getMigration(database, name);
    const { collection, follower } = following;
    await listMoreFollowed(database, collection.id);
    const claimed = await claimFollowed(database, collection.id, 8);
    const read = await readPacked(database, collection, claimed);
    await meanwhile();
    const written = await storeFollowed(
      database,
      followTarget(following),
      read.map(({ id, revision, chunks, ...document }) => ({
        id,
        revision,
        read: document.read,
        chunks:
          rechunk(document, chunks, { ...follower, formsOf, sums, specialTokens: 2, rows: "shared" }) ??
          chunksOfWords(document.text),
      })),
    );
    const rest = claimed.filter(({ id }) => !written.has(id));
    await releaseFollowed(database, collection.id, rest, { afterMs: 0, countsAsAttempt: false });
    return claimed.length > 0;
  };

  /** Texts by id, and whether all chunks of each have the vectors of their own words. */
  const contentsOf = async (collection: Collection): Promise<Record<string, string>> => {
    const { rows } = await database.query<{ documentId: string; ordinal: number }>(
      `select document_id as "documentId", ordinal from polyseme_store.chunks_${collection.id}_${collection.generation.number} order by 1, 2`,
    );
    const texts: Record<string, string> = {};
    for (const { documentId, text, tokens: packed } of await readChunkTokens(database, collection, rows)) {
      const own = packed.equals(packedWords(text)) ? text : `${text} has other vectors`;
      texts[documentId] = `${texts[documentId] ?? ""}${own}`;
    }
    return texts;
  };
  const bothOf = async (name: string): Promise<Record<string, string>[]> => {
    const { collection, follower } = await getMigration(database, name);
    return [await contentsOf(collection), await contentsOf({ ...collection, generation: follower })];
  };
  const ledger = async ({ id }: Collection): Promise<Record<string, string>> => {
    const { rows } = await database.query<{ id: string; text: string }>(
      "select id, text from polyseme_store.documents where collection_id = $1 order by id",
      [id],
    );
    return Object.fromEntries(rows.map((row) => [row.id, row.text]));
  };
  /** How many writes of each document have vectors in the set. */
  const sourcesOf = async ({ id }: Collection, set = 1): Promise<Record<string, number>> => {
    const { rows } = await database.query<{ id: string; sources: number }>(
      `select document_id as id, count(distinct source)::int as sources from polyseme_store.tokens_${id}_${set} group by 1 order by 1`,
    );
    return Object.fromEntries(rows.map((row) => [row.id, row.sources]));
  };
  /** How many chunks name vectors that are not there. */
  const lostIn = async ({ id }: Collection, generation: number): Promise<number> => {
    const { rows } = await database.query<{ lost: number }>(
      `select count(*)::int as lost from polyseme_store.chunks_${id}_${generation} c where not exists (
         select from polyseme_store.tokens_${id}_1 t where t.document_id = c.document_id and t.source = c.token_source)`,
    );
    return rows[0]?.lost ?? -1;
  };
  const tableIsThere = async (table: string): Promise<boolean> => {
    const { rows } = await database.query<{ there: boolean }>("select to_regclass($1) is not null as there", [table]);
    return rows[0]?.there === true;
  };

  test("outlive the generation that they were made with, and go with the last one that names them", async () => {
    const collection = await make("outlive");
    const text = "w1 w22 w333 w4 w55 w666 w7";
    await embed("outlive", await push(collection, "d", text));
    await startMigration(database, "outlive", SMALLER);
    while (await follow("outlive"));
    expect(await bothOf("outlive")).toEqual([{ d: text }, { d: text }]);
    await cutOver(database, "outlive", { force: false });
    await endMigration(database, "outlive");
    await dropUnusedTables(database);
    expect(await tableIsThere(`polyseme_store.chunks_${collection.id}_1`)).toBe(false);
    expect(await contentsOf(await getCollection(database, "outlive"))).toEqual({ d: text });
    // One more, made from chunks that name ranges themselves.
    await startMigration(database, "outlive", { ...SMALLER, chunking: { ...chunking, maxTokens: 7 } });
    while (await follow("outlive"));
    expect(await bothOf("outlive")).toEqual([{ d: text }, { d: text }]);
    await startMigrationAgain("outlive");
    expect(await contentsOf(await getCollection(database, "outlive"))).toEqual({ d: text });
    await deleteCollection(database, "outlive");
    expect(await tableIsThere(`polyseme_store.tokens_${collection.id}_1`)).toBe(false);
  });

  const startMigrationAgain = async (name: string): Promise<void> => {
    await endMigration(database, name);
    await dropUnusedTables(database);
    await startMigration(database, name, { ...settings, model: "other" });
    await endMigration(database, name);
    await dropUnusedTables(database);
  };

  test("of a changed document stay until both generations have others, and of a deleted one go at once", async () => {
    const collection = await make("changed");
    await embed("changed", await push(collection, "d", "one two three four five"));
    await embed("changed", await push(collection, "d", "six seven eight nine ten"));
    expect(await sourcesOf(collection)).toEqual({ d: 1 });
    await startMigration(database, "changed", SMALLER);
    while (await follow("changed"));
    const next = "eleven twelve thirteen fourteen fifteen";
    await embed("changed", await push(collection, "d", next));
    expect(await sourcesOf(collection)).toEqual({ d: 2 });
    expect(await bothOf("changed")).toEqual([{ d: next }, { d: "six seven eight nine ten" }]);
    while (await follow("changed"));
    expect(await sourcesOf(collection)).toEqual({ d: 1 });
    expect(await bothOf("changed")).toEqual([{ d: next }, { d: next }]);
    await deleteDocuments(database, collection, ["d"]);
    expect(await sourcesOf(collection)).toEqual({});
    expect(await bothOf("changed")).toEqual([{}, {}]);
  });

  test("are not named by chunks of a document that was changed while they were made", async () => {
    const collection = await make("meanwhile");
    await embed("meanwhile", await push(collection, "d", "one two three four five"));
    await startMigration(database, "meanwhile", SMALLER);
    const next = "six seven eight nine ten";
    await follow("meanwhile", async () => {
      await embed("meanwhile", await push(collection, "d", next));
    });
    expect(await bothOf("meanwhile")).toEqual([{ d: next }, {}]);
    while (await follow("meanwhile"));
    expect(await bothOf("meanwhile")).toEqual([{ d: next }, { d: next }]);
  });

  test("are those of their words after any mixture of pushes, writes, deletes, cutovers and rollbacks", async () => {
    const collection = await make("mixed");
    const seed = Number(process.env["POLYSEME_SEED"] ?? Date.now() % 100_000);
    let state = seed;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    const ids = Array.from({ length: 12 }, (_, i) => `d${i}`);
    const pick = (): string => ids[random(ids.length)] ?? "d0";
    for (const id of ids) await embed("mixed", await push(collection, id, "first life of it"));
    await startMigration(database, "mixed", SMALLER);
    let switches = 0;
    // A generation is cut over to when it has caught up, so pushes pause for that.
    let pause = false;
    const startMs = performance.now();
    const again = async (act: () => Promise<unknown>): Promise<void> => {
      for (let ms = 0; ms < 4_000 || (switches < 3 && ms < 40_000); ms = performance.now() - startMs) {
        await act();
        await after(random(4));
      }
    };
    const switched = (act: Promise<unknown>): Promise<boolean> =>
      act.then(
        () => {
          switches += 1;
          return true;
        },
        (error: unknown) => {
          if (isConflict(error)) return false;
          throw error;
        },
      );
    await Promise.all([
      ...[1, 2, 3].map(() =>
        again(async () => {
          if (pause) return;
          const words = Array.from({ length: 1 + random(9) }, () => `w${random(100)}`);
          await embed("mixed", await push(collection, pick(), words.join(" ")), () => after(random(15)));
        }),
      ),
      ...[1, 2].map(() => again(() => follow("mixed", () => after(random(10))))),
      again(async () => {
        await after(40);
        await deleteDocuments(database, collection, [pick()]);
      }),
      again(async () => {
        await after(random(200));
        if (random(3) === 0) return switched(rollBack(database, "mixed"));
        pause = true;
        for (let i = 0; i < 100 && !(await switched(cutOver(database, "mixed", { force: false }))); i += 1)
          await after(5);
        pause = false;
        return undefined;
      }),
      // Whichever is live, a chunk that is there has its vectors.
      again(async () => {
        for (const generation of [1, 2])
          expect({ seed, lost: await lostIn(collection, generation) }).toEqual({ seed, lost: 0 });
        for (const texts of await bothOf("mixed"))
          expect({ seed, wrong: Object.values(texts).filter((text) => text.includes("other")) }).toEqual({
            seed,
            wrong: [],
          });
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
    expect({ seed, both: await bothOf("mixed") }).toEqual({ seed, both: [expected, expected] });
    expect(switches).toBeGreaterThan(2);
    // What an unlucky moment left goes with the next write of its document.
    for (const [id, text] of Object.entries(expected)) await embed("mixed", await push(collection, id, `${text} more`));
    while (await follow("mixed"));
    const left = Object.values(await sourcesOf(collection));
    expect({ seed, left }).toEqual({ seed, left: left.map(() => 1) });
  });
});
