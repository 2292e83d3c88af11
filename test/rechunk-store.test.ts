import { packTokens, unpackTokens } from "@polyseme/core";
import {
  ensureCollection,
  getMigration,
  listMoreFollowed,
  migrate,
  openPostgres,
  readPacked,
  rowBytes,
  startMigration,
  storeFollowed,
  type Collection,
  type Database,
  type EmbeddedChunk,
} from "@polyseme/store";
import { makeFormOf } from "@polyseme/words";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { rechunk } from "../services/embedder/src/follow/rechunk.ts";
import { freshServers, type TestServers } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const DIMENSIONS = 4;
const TOKENS = { tokenVectors: "int8", tokenPooling: 1, lateChunking: true } as const;
const TEXT = "One river has two banks. Its water runs to the sea, and boats go on it. Some carry grain, others people.";

describe.skipIf(databaseUrl === null)("a following generation with other chunks", () => {
  let servers: TestServers;
  let database: Database;

  beforeAll(async () => {
    servers = await freshServers(databaseUrl ?? "", undefined);
    database = openPostgres(servers.environment.DATABASE_URL, { maxConnections: 4, onIdleError: () => undefined });
    await migrate(database);
  });
  afterAll(async () => {
    await database.close();
    await servers.drop();
  });

  /** One stored document of some chunks, overlapping by a word, and a generation that follows with smaller ones. */
  const make = async (name: string, precision: "int8" | "half"): Promise<Collection> => {
    const tokens = { ...TOKENS, tokenVectors: precision };
    const chunking = { maxTokens: 32, overlapTokens: 0, strategy: "sentence" } as const;
    const { collection } = await ensureCollection(database, {
      name,
      language: "en",
      model: "m",
      dimensions: DIMENSIONS,
      chunking,
      tokens,
    });
    await writeLive(collection, precision);
    await startMigration(database, name, {
      ...collection.generation,
      tokens,
      chunking: { ...chunking, maxTokens: 8 },
    });
    await listMoreFollowed(database, collection.id);
    return collection;
  };

  const writeLive = async ({ id }: Collection, precision: "int8" | "half"): Promise<void> => {
    const chunks = [TEXT.slice(0, 51), TEXT.slice(45, 80), TEXT.slice(80)].map((text) => {
      const words = [...text.matchAll(/\w+/g)];
      const packed = packTokens(
        {
          starts: Int32Array.from(words, ({ index }) => index),
          ends: Int32Array.from(words, ({ index, 0: word }) => index + word.length),
          pieces: Int32Array.from(words, () => 1),
          rows: Int32Array.from(words, (_, i) => i),
        },
        Float32Array.from({ length: words.length * DIMENSIONS }, (_, i) => Math.sin(1 + i + words.length)),
        { precision, dimensions: DIMENSIONS, origin: 0 },
      );
      return { start: TEXT.indexOf(text), end: TEXT.indexOf(text) + text.length, text, packed };
    });
    await database.query(
      `insert into polyseme_store.documents
         (collection_id, id, revision, stored_revision, state, text, text_hash, job, metadata)
       values ($1, 'd', 1, 1, 'stored', $2, '', 1, '{}') on conflict do nothing`,
      [id, TEXT],
    );
    await database.withTransaction(async (sql) => {
      await sql.query(`delete from polyseme_store.chunks_${id}_1`);
      for (const [ordinal, { start, end, text, packed }] of chunks.entries())
        await sql.query(
          `insert into polyseme_store.chunks_${id}_1 values ('d', $1, $2, $3, 9, $4, '[1,0,0,0]', $5, '{}')`,
          [ordinal, start, end, text, packed],
        );
    });
  };

  const settings = {
    chunking: { maxTokens: 8, overlapTokens: 0, strategy: "sentence" },
    formOf: makeFormOf("en"),
    specialTokens: 2,
  } as const;

  test.each(["int8", "half"] as const)(
    "copies %s token vectors inside Postgres as they would be copied outside",
    async (precision) => {
      const collection = await make(`c-${precision}`, precision);
      const source = { collectionId: collection.id, generation: 1 };
      const [document] = await readPacked(database, source, [{ id: "d", revision: 1 }]);
      if (document?.read === undefined) throw new Error("Not read as one");
      const tokens = { ...TOKENS, tokenVectors: precision };
      const chunksWith = (rows: "copied" | "named"): EmbeddedChunk[] =>
        rechunk(document, document.chunks, { ...settings, tokens, rows }) ?? [];
      const copied = chunksWith("copied");
      expect(copied.length).toBeGreaterThan(3);
      const { follower } = await getMigration(database, collection.name);
      const target = { collectionId: collection.id, live: 1, follower: follower.number };
      const written = await storeFollowed(
        database,
        target,
        [{ id: "d", revision: 1, chunks: chunksWith("named"), read: document.read }],
        rowBytes(collection),
      );
      expect([...written]).toEqual(["d"]);
      const { rows } = await database.query<{ tokens: Buffer; words: string[] }>(
        `select tokens, words from polyseme_store.chunks_${collection.id}_${follower.number} order by ordinal`,
      );
      expect(rows.map(({ tokens: packed }) => packed.toString("hex"))).toEqual(
        copied.map(({ units }) => units?.packed.toString("hex")),
      );
      expect(rows.map(({ words }) => words)).toEqual(copied.map(({ units }) => units?.forms));
      expect(rows.map(({ tokens: packed }) => unpackTokens(packed, 0).norms.every((norm) => norm > 0))).not.toContain(
        false,
      );
    },
  );

  test("is not written from chunks that were written again since they were read", async () => {
    const collection = await make("again", "int8");
    const source = { collectionId: collection.id, generation: 1 };
    const [document] = await readPacked(database, source, [{ id: "d", revision: 1 }]);
    if (document?.read === undefined) throw new Error("Not read as one");
    const chunks = rechunk(document, document.chunks, { ...settings, tokens: TOKENS, rows: "named" }) ?? [];
    await writeLive(collection, "int8");
    const { follower } = await getMigration(database, collection.name);
    const target = { collectionId: collection.id, live: 1, follower: follower.number };
    const { id, revision, read } = document;
    const bytes = rowBytes(collection);
    expect((await storeFollowed(database, target, [{ id, revision, chunks, read }], bytes)).size).toBe(0);
  });
});
