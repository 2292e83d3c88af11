import { makeRowSums, packTokens, unpackTokens, unpackUnits, type TokenSettings } from "@polyseme/core";
import {
  ensureCollection,
  findWords,
  followTarget,
  getMigration,
  listMoreFollowed,
  readChunkTokens,
  readPacked,
  readTokenRows,
  rowOf,
  sampleForms,
  startMigration,
  storeChunks,
  storeFollowed,
  type Collection,
  type Database,
  type EmbeddedChunk,
} from "@polyseme/store";
import { makeFormsOf } from "@polyseme/words";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { rechunk } from "../services/embedder/src/follow/rechunk.ts";
import { hexOf } from "./support/packed-words.ts";
import { openTestStore, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const DIMENSIONS = 4;
const TOKENS = { tokenVectors: "int8", tokenPooling: 1, lateChunking: true } as const;
const TEXT = "One river has two banks. Its water runs to the sea, and boats go on it. Some carry grain, others people.";

describe.skipIf(databaseUrl === null)("a following generation with other chunks", () => {
  let store: TestStore;
  let database: Database;

  beforeAll(async () => {
    store = await openTestStore(databaseUrl ?? "", 4);
    database = store.database;
  });
  afterAll(() => store.close());

  /** One stored document of some chunks, overlapping by a word, and a generation that follows with smaller ones. */
  const make = async (name: string, tokens: TokenSettings): Promise<Collection> => {
    const chunking = { maxTokens: 32, overlapTokens: 0, strategy: "sentence" } as const;
    const { collection } = await ensureCollection(database, {
      name,
      language: "en",
      model: "m",
      dimensions: DIMENSIONS,
      chunking,
      tokens,
    });
    await writeLive(collection);
    await startMigration(database, name, {
      ...collection.generation,
      tokens,
      chunking: { ...chunking, maxTokens: 8 },
    });
    await listMoreFollowed(database, collection.id);
    return collection;
  };

  const writeLive = async ({ id, generation }: Collection): Promise<void> => {
    const precision = generation.tokens.tokenVectors === "half" ? "half" : "int8";
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
      const start = TEXT.indexOf(text);
      const embedding = Float32Array.of(1, 0, 0, 0);
      return { start, end: start + text.length, text, tokens: 9, embedding, units: { packed, forms: "" } };
    });
    await database.query(
      `insert into polyseme_store.documents
         (collection_id, id, revision, state, text, text_hash, job, metadata)
       values ($1, 'd', 1, 'embedding', $2, '', 1, '{}') on conflict (collection_id, id) do update set stored_revision = 0`,
      [id, TEXT],
    );
    const target = { collectionId: id, generation: 1, tokenSet: generation.tokenSet ?? null };
    const { stored } = await storeChunks(database, target, [{ id: "d", revision: 1, storedChunks: 3, chunks }]);
    expect([...stored]).toEqual(["d"]);
  };

  const settings = {
    chunking: { maxTokens: 8, overlapTokens: 0, strategy: "sentence" },
    formsOf: makeFormsOf("en"),
    sums: makeRowSums(),
    specialTokens: 2,
  } as const;

  const packedIn = async (collection: Collection): Promise<string[]> => {
    const places = Array.from({ length: 20 }, (_, ordinal) => ({ documentId: "d", ordinal }));
    return (await readChunkTokens(database, collection, places)).map(({ tokens }) => tokens.toString("hex"));
  };

  const valuesIn = async ({ id, generation }: Collection): Promise<unknown[]> =>
    (
      await database.query(
        `select source, ordinal, octet_length(tokens) as bytes from polyseme_store.tokens_${id}_${generation.tokenSet ?? 0} order by 1, 2`,
      )
    ).rows;

  test.each(["int8", "half"] as const)(
    "names %s token vectors where they are, and reads them as they would be copied",
    async (precision) => {
      const tokens = { ...TOKENS, tokenVectors: precision };
      const collection = await make(`c-${precision}`, tokens);
      const [document] = await readPacked(database, collection, [{ id: "d", revision: 1 }]);
      if (document === undefined) throw new Error("Not read");
      const before = await valuesIn(collection);
      expect(before).toHaveLength(3);
      const chunksWith = (rows: "copied" | "shared"): EmbeddedChunk[] =>
        rechunk(document, document.chunks, { ...settings, tokens, rows }) ?? [];
      const copied = chunksWith("copied");
      expect(copied.length).toBeGreaterThan(3);
      const following = await getMigration(database, collection.name);
      const target = followTarget(following);
      expect(target).toMatchObject({ tokenSet: 1, sharesTokens: true });
      const written = await storeFollowed(database, target, [
        { id: "d", revision: 1, chunks: chunksWith("shared"), read: document.read },
      ]);
      expect([...written]).toEqual(["d"]);
      expect(await valuesIn(collection)).toEqual(before);
      const follower = { ...collection, generation: following.follower };
      expect(await packedIn(follower)).toEqual(copied.map(({ units }) => hexOf(units?.packed)));
      const whole = await readChunkTokens(database, follower, [{ documentId: "d", ordinal: 0 }]);
      expect(whole.every(({ tokens: packed }) => unpackTokens(packed, 0).norms.every((norm) => norm > 0))).toBe(true);
      const forms = await sampleForms(database, follower, 20);
      expect(forms.map((own) => own.join(" "))).toEqual(copied.map(({ units }) => units?.forms));
      // A word's row is found through the range that names it.
      const last = copied.length - 1;
      const [form = ""] = forms[last] ?? [];
      const { chunks: found } = await findWords(database, follower, { forms: [form], limit: 20 });
      const chunk = found.find(({ ordinal }) => ordinal === last);
      if (chunk === undefined) throw new Error("Not found by its word");
      const packed = unpackTokens(copied[last]?.units?.packed ?? Buffer.of(), 0);
      expect(unpackUnits(chunk.units, 0, chunk)).toEqual(packed.units);
      const places = Array.from(packed.units.rows, (row) => rowOf(chunk, row));
      const values = await readTokenRows(database, follower, places);
      expect(Buffer.concat(values.map((value) => value ?? Buffer.of())).toString("hex")).toEqual(
        Buffer.from(packed.values.buffer, packed.values.byteOffset, packed.values.byteLength).toString("hex"),
      );
    },
  );

  test("has a token table of its own where words share vectors", async () => {
    const collection = await make("pooled", { ...TOKENS, tokenPooling: 2 });
    const following = await getMigration(database, collection.name);
    expect(followTarget(following)).toMatchObject({ tokenSet: 2, sharesTokens: false });
  });

  test("is not written from token vectors that were written again since they were read", async () => {
    const collection = await make("again", TOKENS);
    const [document] = await readPacked(database, collection, [{ id: "d", revision: 1 }]);
    if (document === undefined) throw new Error("Not read");
    const chunks = rechunk(document, document.chunks, { ...settings, tokens: TOKENS, rows: "shared" }) ?? [];
    await writeLive(collection);
    // Those that were read stay until the follower has got others.
    expect(await valuesIn(collection)).toHaveLength(6);
    const target = followTarget(await getMigration(database, collection.name));
    const { id, revision, read } = document;
    expect((await storeFollowed(database, target, [{ id, revision, chunks, read }])).size).toBe(0);
    const [anew] = await readPacked(database, collection, [{ id, revision }]);
    if (anew === undefined) throw new Error("Not read");
    expect((await storeFollowed(database, target, [{ id, revision, chunks, read: anew.read }])).size).toBe(1);
    expect(await valuesIn(collection)).toHaveLength(3);
  });
});
