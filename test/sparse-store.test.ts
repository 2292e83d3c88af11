import { parseFilter, type SparseVector } from "@polyseme/core";
import {
  acceptDocuments,
  claimDocuments,
  cutOver,
  deleteCollection,
  ensureCollection,
  followMethod,
  followTarget,
  getCollection,
  getMigration,
  listMoreFollowed,
  searchSparse,
  startMigration,
  storeChunks,
  storeFollowed,
  type Collection,
  type Database,
  type EmbeddedChunk,
} from "@polyseme/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openTestStore, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const CHUNKING = { maxTokens: 32, overlapTokens: 0, strategy: "sentence" } as const;
const SPARSE = { model: "splade", dimensions: 30_522 };

/** Weights by the token's number. */
function weights(of: Readonly<Record<number, number>>): SparseVector {
  const indices = Object.keys(of).map(Number);
  return { indices: Int32Array.from(indices), values: Float32Array.from(indices, (index) => of[index] ?? 0) };
}

function chunk(sparse: SparseVector | undefined, ordinal = 0): EmbeddedChunk {
  const [start, end] = [4 * ordinal, 4 * ordinal + 4];
  return {
    ...{ start, end, text: "text", tokens: 3, embedding: Float32Array.of(1, 0) },
    ...(sparse === undefined ? {} : { sparse }),
  };
}

async function make(database: Database, name: string, sparse: typeof SPARSE | null = SPARSE): Promise<Collection> {
  const wanted = { name, language: null, model: "m", dimensions: 2, chunking: CHUNKING, sparse };
  return (await ensureCollection(database, wanted)).collection;
}

/** What the door and a worker do with one document. */
async function store(
  database: Database,
  { id: collectionId, generation }: Collection,
  id: string,
  chunks: readonly EmbeddedChunk[],
  metadata: object = {},
): Promise<void> {
  const document = { id, title: null, text: `${id} text`, metadataJson: JSON.stringify(metadata), priority: 0 };
  const ticket = `t${collectionId}`;
  const outcome = await acceptDocuments(database, {
    collectionId,
    newTickets: [ticket],
    incoming: [{ document, job: 1, ticket, mayRepeat: false }],
  });
  if (outcome.kind !== "written") throw new Error(outcome.kind);
  const ref = { id, revision: outcome.accepted[0]?.revision ?? 0 };
  const [claimed] = await claimDocuments(database, collectionId, [ref]);
  if (claimed === undefined) throw new Error("Not claimed");
  const target = { collectionId, generation: generation.number, sparseDimensions: generation.sparse?.dimensions };
  await storeChunks(database, target, [{ ...claimed, chunks }]);
}

describe.skipIf(databaseUrl === null)("a collection with a sparse model", () => {
  let opened: TestStore;
  let database: Database;
  let collection: Collection;

  beforeAll(async () => {
    opened = await openTestStore(databaseUrl ?? "", 4);
    database = opened.database;
    collection = await make(database, "sparse");
    await store(database, collection, "bank", [chunk(weights({ 5: 1, 30_521: 0.5 }))], { lang: "en" });
    await store(database, collection, "river", [chunk(weights({ 5: 0.25 })), chunk(weights({ 5: 2, 7: 1 }), 1)], {
      lang: "de",
    });
    await store(database, collection, "other", [chunk(weights({ 9: 3 }))], { lang: "en" });
    await store(database, collection, "empty", [chunk(weights({}))], { lang: "en" });
  });
  afterAll(() => opened.close());

  const search = async (of: Readonly<Record<number, number>>, more: object = {}) => {
    const query = { sparse: weights(of), k: 10, group: "document", ...more } as const;
    const hits = await searchSparse(database, await getCollection(database, "sparse"), query);
    return hits.map(({ documentId, chunk: { ordinal }, score }) => [documentId, ordinal, score]);
  };

  test("keeps its sparse model among its settings", async () => {
    expect(collection.generation.sparse).toEqual(SPARSE);
    expect((await make(database, "dense", null)).generation.sparse).toBeNull();
  });

  test("finds the largest inner product first, with the best chunk, and nothing that shares no token", async () => {
    expect(await search({ 5: 2, 30_521: 4 })).toEqual([
      ["bank", 0, 4],
      ["river", 1, 4],
    ]);
    expect(await search({ 5: 2 })).toEqual([
      ["river", 1, 4],
      ["bank", 0, 2],
    ]);
    expect(await search({ 5: 2 }, { group: "chunk" })).toEqual([
      ["river", 1, 4],
      ["bank", 0, 2],
      ["river", 0, 0.5],
    ]);
    expect(await search({ 5: 2 }, { k: 1 })).toEqual([["river", 1, 4]]);
    expect(await search({})).toEqual([]);
  });

  test("looks only at documents that match the filter", async () => {
    expect(await search({ 5: 2, 9: 1 }, { filter: parseFilter({ lang: "en" }, "filter") })).toEqual([
      ["other", 0, 3],
      ["bank", 0, 2],
    ]);
    expect(await search({ 5: 2 }, { filter: parseFilter({ lang: "fr" }, "filter") })).toEqual([]);
  });

  test("replaces the weights of a document with its next version", async () => {
    const own = await make(database, "again");
    await store(database, own, "a", [chunk(weights({ 1: 1 })), chunk(weights({ 2: 1 }), 1)]);
    const changed = { id: "a", title: "t", text: "other", metadataJson: "{}", priority: 0 };
    const outcome = await acceptDocuments(database, {
      collectionId: own.id,
      newTickets: ["again"],
      incoming: [{ document: changed, job: 2, ticket: "again", mayRepeat: false }],
    });
    if (outcome.kind !== "written") throw new Error(outcome.kind);
    const ref = { id: "a", revision: outcome.accepted[0]?.revision ?? 0 };
    const [claimed] = await claimDocuments(database, own.id, [ref]);
    if (claimed === undefined) throw new Error("Not claimed");
    const target = { collectionId: own.id, generation: 1, sparseDimensions: SPARSE.dimensions };
    await storeChunks(database, target, [{ ...claimed, chunks: [chunk(weights({ 3: 1 }))] }]);
    const query = { sparse: weights({ 1: 1, 2: 1, 3: 1 }), k: 9, group: "chunk" } as const;
    expect((await searchSparse(database, own, query)).map(({ score }) => score)).toEqual([1]);
    await deleteCollection(database, "again");
  });

  test("refuses a search, and a write, that does not fit its generation", async () => {
    const dense = await make(database, "dense", null);
    const query = { sparse: weights({ 1: 1 }), k: 1, group: "chunk" } as const;
    await expect(searchSparse(database, dense, query)).rejects.toMatchObject({
      code: "conflict",
      details: { field: "mode" },
    });
    await expect(store(database, dense, "x", [chunk(weights({ 1: 1 }))])).rejects.toThrow(/keeps none/);
    await expect(store(database, collection, "x", [chunk(undefined)])).rejects.toThrow(/without the sparse vector/);
  });

  test("gets and loses its sparse vectors by a migration", async () => {
    const plain = await make(database, "moving", null);
    await store(database, plain, "a", [chunk(undefined)]);
    await startMigration(database, "moving", { ...plain.generation, sparse: SPARSE });
    await listMoreFollowed(database, plain.id);
    const migration = await getMigration(database, "moving");
    expect(migration.follower.sparse).toEqual(SPARSE);
    expect(followMethod(migration)).toBe("reembed");
    const { rows } = await database.query<{ revision: number }>(
      "select revision from polyseme_store.documents where collection_id = $1",
      [plain.id],
    );
    const written = { id: "a", revision: rows[0]?.revision ?? 0, chunks: [chunk(weights({ 4: 2 }))] };
    expect(await storeFollowed(database, followTarget(migration), [written])).toEqual(new Set(["a"]));
    await cutOver(database, "moving", { force: false });
    const moved = await getCollection(database, "moving");
    const query = { sparse: weights({ 4: 2 }), k: 1, group: "document" } as const;
    expect((await searchSparse(database, moved, query)).map(({ score }) => score)).toEqual([4]);
    // From one generation at a time: what is remembered of the other is looked up again.
    await expect(searchSparse(database, plain, query)).rejects.toMatchObject({ code: "conflict" });
    const back = { ...moved, generation: { ...moved.generation, number: 1 } };
    await expect(searchSparse(database, back, query)).rejects.toThrow();
  });
});
