import type { Collection } from "../collections.ts";
import type { Sql } from "../database.ts";
import type { WordCounts } from "./plan-words.ts";
import { textConfig } from "./text-config.ts";
import { countWords, hasTextIndex, markSearchedByWords } from "./word-counts.ts";

/** What a process knows of the words of collections that were searched lately. */
export interface WordKnowledge {
  /** Counted the first time, and again now and then; until that is done, as it was. */
  of(collection: Collection): Promise<KnownWords>;
}

export interface KnownWords {
  readonly counts: WordCounts;
  /** Whether there is an index; a moment old. */
  readonly isIndexed: boolean;
}

/** Each holds some thousand words. */
const MOST_COLLECTIONS = 200;
/** Counting takes at most so much of the time: what was slow to count is kept for longer. */
const COUNTING_SHARE = 1 / 200;
const KEPT_MS = { least: 2_000, most: 600_000 };
/** How long a process goes on as before when an index came or went. One that went costs time and nothing else. */
const INDEX_KEPT_MS = 1_000;

interface Entry {
  counts: Promise<WordCounts>;
  countsUntilMs: number;
  isCounting: boolean;
  isIndexed: Promise<boolean>;
  indexUntilMs: number;
}

/** @param now milliseconds of a clock that never goes back */
export function makeWordKnowledge(sql: Sql, now: () => number): WordKnowledge {
  const known = new Map<string, Entry>();

  function count(collection: Collection, entry: Entry): Promise<WordCounts> {
    const startedMs = now();
    entry.isCounting = true;
    return countWords(sql, collection).then(
      (counts) => {
        const keptMs = Math.min(KEPT_MS.most, Math.max(KEPT_MS.least, (now() - startedMs) / COUNTING_SHARE));
        entry.countsUntilMs = now() + keptMs;
        entry.isCounting = false;
        return counts;
      },
      (error: unknown) => {
        entry.isCounting = false;
        throw error;
      },
    );
  }

  function begin(collection: Collection, key: string): Entry {
    const isIndexed = markSearchedByWords(sql, collection.id).then(() => hasTextIndex(sql, collection));
    const entry: Entry = {
      counts: Promise.reject(new Error("Not counted yet")),
      countsUntilMs: Infinity,
      isCounting: false,
      isIndexed,
      indexUntilMs: now() + INDEX_KEPT_MS,
    };
    entry.counts.catch(() => undefined);
    entry.counts = count(collection, entry);
    if (known.size >= MOST_COLLECTIONS) known.clear();
    known.set(key, entry);
    return entry;
  }

  return {
    async of(collection) {
      const key = `${collection.id} ${collection.generation.number} ${textConfig(collection.language).name}`;
      let entry = known.get(key);
      if (entry === undefined) entry = begin(collection, key);
      else {
        if (now() > entry.countsUntilMs && !entry.isCounting) renew(collection, entry);
        if (now() > entry.indexUntilMs) {
          entry.isIndexed = hasTextIndex(sql, collection);
          entry.indexUntilMs = now() + INDEX_KEPT_MS;
        }
      }
      try {
        const [counts, isIndexed] = await Promise.all([entry.counts, entry.isIndexed]);
        return { counts, isIndexed };
      } catch (error) {
        known.delete(key);
        throw error;
      }
    },
  };

  /** Beside the search that found it old, which goes on with what is there. */
  function renew(collection: Collection, entry: Entry): void {
    const renewed = count(collection, entry);
    renewed.then(
      () => (entry.counts = renewed),
      // The table may be gone, of which the next search learns by itself.
      () => undefined,
    );
  }
}
