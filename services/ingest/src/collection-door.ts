import { checkCollectionName, type Chunking } from "@polyseme/core";
import type { ModelCatalog } from "@polyseme/encoder/catalog";
import { ensureCollection, findCollection, type Collection, type Database } from "@polyseme/store";

/** Finds collections for pushes and makes them with the default settings at the first one. */
export interface CollectionDoor {
  /** @throws PolysemeError `invalid` for a bad name, `model_unavailable` when the default model cannot be read */
  ensure(name: string): Promise<Collection>;
  /** Call when a collection turned out to be gone. */
  forget(name: string): void;
}

/** Remembered collections: each is a few hundred bytes, and a look-up is one small query. */
const REMEMBERED = 1_000;

export function makeCollectionDoor(database: Database, catalog: ModelCatalog): CollectionDoor {
  const known = new Map<string, Collection>();
  return {
    async ensure(name) {
      const remembered = known.get(name);
      if (remembered !== undefined) return remembered;
      checkCollectionName(name);
      const collection = (await findCollection(database, name)) ?? (await makeDefault(database, catalog, name));
      if (known.size >= REMEMBERED) known.clear();
      known.set(name, collection);
      return collection;
    },
    forget: (name) => {
      known.delete(name);
    },
  };
}

async function makeDefault(database: Database, catalog: ModelCatalog, name: string): Promise<Collection> {
  const model = await catalog.describe(catalog.defaultModel);
  const chunking: Chunking = { maxTokens: model.maxTokens, overlapTokens: 0, strategy: "sentence" };
  const wanted = { name, language: null, model: model.name, dimensions: model.dimensions, chunking };
  return (await ensureCollection(database, wanted)).collection;
}
