import { readdir, readFile } from "node:fs/promises";
import {
  getCollection,
  migrate,
  openPostgres,
  readChunkTokens,
  readPacked,
  startMigration,
  type Database,
} from "@polyseme/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { chunksOfWords, hexOf, WORD_DIMENSIONS } from "./support/packed-words.ts";
import { freshServers, type TestServers } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const chunking = { maxTokens: 32, overlapTokens: 0, strategy: "sentence" } as const;

describe.skipIf(databaseUrl === null)("token vectors that lay beside their chunks", () => {
  let servers: TestServers;
  let database: Database;

  beforeAll(async () => {
    servers = await freshServers(databaseUrl ?? "", undefined);
    database = openPostgres(servers.environment.DATABASE_URL, { maxConnections: 2, onIdleError: () => undefined });
  });
  afterAll(async () => {
    await database.close();
    await servers.drop();
  });

  test("are the same after the schema is brought up, and a generation can be made from them", async () => {
    const folder = new URL("../packages/store/migrations/", import.meta.url);
    const earlier = (await readdir(folder)).filter((name) => name < "0011").sort();
    await database.query("create extension if not exists vector");
    await database.query("create schema polyseme; create schema polyseme_store");
    await database.query(
      "create table polyseme_store.migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())",
    );
    for (const name of earlier) {
      await database.query(await readFile(new URL(name, folder), "utf8"));
      await database.query("insert into polyseme_store.migrations (number, name) values ($1, $2)", [
        Number(name.slice(0, 4)),
        name,
      ]);
    }
    await database.query(
      `insert into polyseme_store.collections (name) values ('old');
       insert into polyseme_store.generations (collection_id, number, model, dimensions, chunking, token_vectors, late_chunking)
       values (1, 1, 'm', ${WORD_DIMENSIONS}, '${JSON.stringify(chunking)}', 'int8', true);
       create table polyseme_store.chunks_1_1 (document_id text not null, ordinal integer not null, start_offset integer not null,
         end_offset integer not null, token_count integer not null, text text not null, embedding vector(${WORD_DIMENSIONS}) not null,
         primary key (document_id, ordinal));
       alter table polyseme_store.chunks_1_1 add column tokens bytea not null, add column words text[] not null;
       alter table polyseme_store.chunks_1_1 alter column tokens set storage external;
       create index on polyseme_store.chunks_1_1 using gin (words)`,
    );
    const text = "w1 w22 w333 w4 w55 w666 w7";
    await database.query(
      `insert into polyseme_store.documents (collection_id, id, revision, stored_revision, state, text, text_hash, job, chunk_count, stored_at)
       values (1, 'd', 1, 1, 'stored', $1, '', 1, 3, now())`,
      [text],
    );
    const chunks = chunksOfWords(text);
    for (const [ordinal, { start, end, text: own, units }] of chunks.entries())
      await database.query("insert into polyseme_store.chunks_1_1 values ('d', $1, $2, $3, 3, $4, '[1,0,0]', $5, $6)", [
        ordinal,
        start,
        end,
        own,
        units?.packed,
        units?.forms.split(" "),
      ]);
    await migrate(database);
    const collection = await getCollection(database, "old");
    const places = chunks.map((_, ordinal) => ({ documentId: "d", ordinal }));
    const read = await readChunkTokens(database, collection, places);
    expect(read.map((chunk) => chunk.tokens.toString("hex"))).toEqual(chunks.map(({ units }) => hexOf(units?.packed)));
    const [document] = await readPacked(database, collection, [{ id: "d", revision: 1 }]);
    expect(document).toMatchObject({ text, read: { source: 0 } });
    expect(document?.chunks).toEqual(chunks.map(({ start, units }) => ({ start, packed: units?.packed })));
    const { follower } = await startMigration(database, "old", {
      ...collection.generation,
      chunking: { ...chunking, maxTokens: 5 },
    });
    expect(follower.tokenSet).toBe(1);
  });
});
