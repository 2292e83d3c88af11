import type { Hit } from "@polyseme/store";

/** A hit and the collection that it was found in, by the name that the caller gave it. */
export interface CollectionHit extends Hit {
  readonly collection: string;
}

/** What tells a hit's place among others. */
export type HitPlace = Pick<CollectionHit, "score" | "collection" | "documentId"> & {
  readonly chunk: { readonly ordinal: number };
};

/** The best first; those of equal score in an order of their own, always the same. */
export function compareHits(a: HitPlace, b: HitPlace): number {
  return (
    b.score - a.score ||
    compareTexts(a.collection, b.collection) ||
    compareTexts(a.documentId, b.documentId) ||
    a.chunk.ordinal - b.chunk.ordinal
  );
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The best of a search, as far as they were asked for. */
export interface FoundHits<H extends CollectionHit = CollectionHit> {
  /** In the order of `compareHits`. */
  readonly hits: readonly H[];
  /** True when there are no others. */
  readonly isAll: boolean;
}

/**
 * One list out of several collections', by score.
 * @param limit hits that each was asked for; behind the best so many of all, one of them may be missing
 */
export function mergeHits(lists: readonly FoundHits[], limit: number): FoundHits {
  const hits = lists.flatMap((list) => list.hits).sort(compareHits);
  if (lists.every(({ isAll }) => isAll)) return { hits, isAll: true };
  return { hits: hits.slice(0, limit), isAll: false };
}
