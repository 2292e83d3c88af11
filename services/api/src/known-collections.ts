import { errorCode, getCollection, type Collection, type Database } from "@polyseme/store";

/** Collections that were looked up a moment ago, so that each search is one query. */
export interface KnownCollections {
  /**
   * Runs `work` with the collection. What is remembered may be a second old, which is no harm while its generation
   * is still there; when it is gone, `work` is run again with what is there now.
   * @throws PolysemeError `not_found`
   */
  use<T>(name: string, work: (collection: Collection) => Promise<T>): Promise<T>;
}

const REMEMBERED_MS = 1_000;
/** Each is a few hundred bytes. */
const MOST = 1_000;
const NO_SUCH_TABLE = "42P01";

export function makeKnownCollections(database: Database, now: () => number): KnownCollections {
  const known = new Map<string, { collection: Collection; atMs: number }>();

  async function find(name: string): Promise<Collection> {
    const collection = await getCollection(database, name);
    if (known.size >= MOST) known.clear();
    known.set(name, { collection, atMs: now() });
    return collection;
  }

  return {
    async use(name, work) {
      const remembered = known.get(name);
      if (remembered === undefined || now() - remembered.atMs > REMEMBERED_MS) return work(await find(name));
      try {
        return await work(remembered.collection);
      } catch (error) {
        if (errorCode(error) !== NO_SUCH_TABLE) throw error;
        return work(await find(name));
      }
    },
  };
}
