import { setImmediate as nextTurn } from "node:timers/promises";
import { wordsThatCount, type Sql } from "@polyseme/store";
import type { FoundHit, NamedCollection } from "./find-hits.ts";
import { makeSnippets, wordsToMark, type Snippet } from "./snippet.ts";

/** Words of a query that are marked, the first ones. */
const MOST_WORDS = 256;
/** Cutting takes some 0.3 ms a chunk; others want the thread. */
const HITS_A_TURN = 8;

/**
 * Gives each hit its snippet.
 * @param query undefined: there are no words to mark, and a snippet is the beginning
 */
export async function addSnippets<H extends FoundHit>(
  sql: Sql,
  collections: readonly NamedCollection[],
  query: string | undefined,
  hits: readonly H[],
  signal: AbortSignal,
): Promise<(H & { readonly snippet: Snippet })[]> {
  const words = wordsToMark(query ?? "").slice(0, MOST_WORDS);
  const cutters = new Map<string, ReturnType<typeof makeSnippets>>();
  const done: (H & { readonly snippet: Snippet })[] = [];
  for (const [i, hit] of hits.entries()) {
    if (i > 0 && i % HITS_A_TURN === 0) await nextTurn();
    signal.throwIfAborted();
    let cutter = cutters.get(hit.collection);
    if (cutter === undefined) {
      const collection = collections.find(({ name }) => name === hit.collection)?.collection;
      if (collection === undefined) throw new Error("A hit of a collection that was not searched");
      cutter = makeSnippets(await wordsThatCount(sql, collection, words), collection.language);
      cutters.set(hit.collection, cutter);
    }
    done.push({ ...hit, snippet: cutter(hit.chunk) });
  }
  return done;
}
