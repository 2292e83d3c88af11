import { PolysemeError } from "@polyseme/core";
import { errorCode, getCollection, type Collection, type Database } from "@polyseme/store";

/**
 * Collections that were looked up a moment ago, so that each search is one query. An alias is looked up each time: once it
 * stands for another collection, no answer may come from the one before.
 */
export interface KnownCollections {
  /**
   * Runs `work` with the collection. What is remembered may be a second old; where `work` finds that the generation is
   * gone, or not the live one any more, it is run again with what is there now. So it is where it refuses a generation
   * (`conflict`) that another one has followed by now.
   * @throws PolysemeError `not_found`
   */
  use<T>(name: string, work: (collection: Collection) => Promise<T>): Promise<T>;
  /** The same with several, in the order of their names. */
  useAll<T>(names: readonly string[], work: (collections: readonly Collection[]) => Promise<T>): Promise<T>;
}

const REMEMBERED_MS = 1_000;
/** Each is a few hundred bytes. */
const MOST = 1_000;
const NO_SUCH_TABLE = "42P01";
/** A generation may go between the look-up and the work, which is a moment; hardly twice. */
const TRIES = 3;

export function makeKnownCollections(database: Database, now: () => number): KnownCollections {
  const known = new Map<string, { collection: Collection; atMs: number }>();

  async function find(name: string): Promise<Collection> {
    const collection = await getCollection(database, name);
    if (known.size >= MOST) known.clear();
    if (collection.name === name) known.set(name, { collection, atMs: now() });
    return collection;
  }

  const collections: KnownCollections = {
    async use(name, work) {
      const remembered = known.get(name);
      const isFresh = remembered === undefined || now() - remembered.atMs > REMEMBERED_MS;
      let collection = isFresh ? await find(name) : remembered.collection;
      for (let tries = 1; ; tries += 1) {
        try {
          return await work(collection);
        } catch (error) {
          // What a collection lacked a second ago it may have by now.
          const wasRefused = tries === 1 && !isFresh && error instanceof PolysemeError && error.code === "conflict";
          if (tries === TRIES || !(wasRefused || isOutdated(error))) throw error;
          const before = collection.generation.number;
          collection = await find(name);
          if (wasRefused && collection.generation.number === before) throw error;
        }
      }
    },
    useAll(names, work) {
      const [name, ...others] = names;
      if (name === undefined) return work([]);
      return collections.use(name, (first) => collections.useAll(others, (rest) => work([first, ...rest])));
    },
  };
  return collections;
}

function isOutdated(error: unknown): boolean {
  if (error instanceof PolysemeError && error.details?.["moved"] === true) return true;
  return errorCode(error) === NO_SUCH_TABLE;
}
