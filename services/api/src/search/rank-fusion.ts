import type { Hit } from "@polyseme/store";
import type { CollectionHit } from "./ranked-hits.ts";

/** How far below the first places of a list its other places count: the constant of Cormack, Clarke and Büttcher (2009). */
export const RANK_CONSTANT = 60;

/** A hit's places in the two lists, from 1; left out where it is in none. */
export interface Ranks {
  readonly vector?: number;
  readonly lexical?: number;
}

export type FusedHit = CollectionHit & { readonly ranks: Ranks };

/**
 * One list out of two by reciprocal rank: a hit's score is the sum of 1 / (60 + place) over the lists that it is in. Only
 * places count, so the lists' scores need not be comparable. What is in both with another chunk has the chunk of its better
 * place.
 * @param lists the best first, each hit once in a list
 * @param keyOf tells which hits are the same
 */
export function fuseRanks(
  lists: { readonly vector: readonly CollectionHit[]; readonly lexical: readonly CollectionHit[] },
  keyOf: (hit: CollectionHit) => string,
): FusedHit[] {
  const fused = new Map<string, FusedHit>();
  for (const list of ["vector", "lexical"] as const)
    for (const [place, hit] of lists[list].entries()) {
      const rank = place + 1;
      const key = keyOf(hit);
      const other = fused.get(key);
      const ranks = { ...other?.ranks, [list]: rank };
      const shown = other !== undefined && (other.ranks.vector ?? Infinity) <= rank ? other : hit;
      fused.set(key, { ...shown, score: (other?.score ?? 0) + 1 / (RANK_CONSTANT + rank), ranks });
    }
  return [...fused.values()];
}

/** The same document, or with `chunk` the same chunk, of the same collection. */
export function keyByGroup(group: "document" | "chunk"): (hit: CollectionHit) => string {
  return ({ collection, documentId, chunk }: CollectionHit & Pick<Hit, "documentId">) =>
    JSON.stringify(group === "document" ? [collection, documentId] : [collection, documentId, chunk.ordinal]);
}
