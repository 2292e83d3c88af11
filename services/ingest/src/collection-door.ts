import { BY_ENCODER, checkCollectionName, NO_MODEL, type Chunking, type VectorSource } from "@polyseme/core";
import type { ModelCatalog } from "@polyseme/encoder/catalog";
import { ensureCollection, findCollection, type Collection, type Database } from "@polyseme/store";

/** Finds collections for pushes and makes them with the default settings at the first one. */
export interface CollectionDoor {
  /**
   * The collection of this name or alias; undefined: there is none yet.
   * @throws PolysemeError `invalid` for a bad name
   */
  find(name: string): Promise<Collection | undefined>;
  /** @throws PolysemeError `invalid` for a bad name, `model_unavailable` when the default model cannot be read */
  ensure(name: string): Promise<Collection>;
  /** Call when a collection turned out to be gone, or its generation. */
  forget(name: string): void;
}

/** Remembered collections: each is a few hundred bytes, and a look-up is one small query. */
const REMEMBERED = 1_000;
/** One that was made anew may want other documents than the one before. */
const REMEMBERED_MS = 1_000;

export function makeCollectionDoor(database: Database, catalog: ModelCatalog, nowMs: () => number): CollectionDoor {
  const known = new Map<string, { readonly collection: Collection; readonly atMs: number }>();

  function remember(name: string, collection: Collection): Collection {
    // An alias may stand for another collection in a moment, which no write would notice.
    if (collection.name !== name) return collection;
    if (known.size >= REMEMBERED) known.clear();
    known.set(name, { collection, atMs: nowMs() });
    return collection;
  }

  async function find(name: string): Promise<Collection | undefined> {
    const remembered = known.get(name);
    if (remembered !== undefined && nowMs() - remembered.atMs < REMEMBERED_MS) return remembered.collection;
    const collection = await findCollection(database, checkCollectionName(name));
    return collection === undefined ? undefined : remember(name, collection);
  }

  return {
    find,
    ensure: async (name) => (await find(name)) ?? remember(name, await makeDefault(database, catalog, name)),
    forget: (name) => {
      known.delete(name);
    },
  };
}

/** Where the vectors of documents that are pushed to it come from; undefined: a collection that the push will make. */
export function vectorSourceOf(collection: Collection | undefined): VectorSource {
  if (collection?.generation.model !== NO_MODEL) return BY_ENCODER;
  return { kind: "given", dimensions: collection.generation.dimensions };
}

async function makeDefault(database: Database, catalog: ModelCatalog, name: string): Promise<Collection> {
  const model = await catalog.describe(catalog.defaultModel);
  const chunking: Chunking = { maxTokens: model.maxTokens, overlapTokens: 0, strategy: "sentence" };
  const wanted = { name, language: null, model: model.name, dimensions: model.dimensions, chunking };
  return (await ensureCollection(database, wanted)).collection;
}
