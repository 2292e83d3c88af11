/** A place that was compared with a query. */
export interface ScoredPlace {
  readonly documentId: string;
  readonly chunk: { readonly ordinal: number };
  readonly start: number;
  readonly score: number;
}

/**
 * The best places, one a document or one a chunk, best first; equal ones in the order of document, chunk and place, so that
 * the same question has the same answer.
 */
export function bestPlaces<P extends ScoredPlace>(
  places: readonly P[],
  { k, group }: { readonly k: number; readonly group: "document" | "chunk" },
): P[] {
  const best: P[] = [];
  const seen = new Set<string>();
  for (const place of [...places].sort(inOrder)) {
    if (best.length === k) break;
    const key = group === "document" ? place.documentId : JSON.stringify([place.documentId, place.chunk.ordinal]);
    if (seen.has(key)) continue;
    seen.add(key);
    best.push(place);
  }
  return best;
}

/** Best first. */
export function inOrder(a: ScoredPlace, b: ScoredPlace): number {
  if (a.score !== b.score) return b.score - a.score;
  if (a.documentId !== b.documentId) return a.documentId < b.documentId ? -1 : 1;
  return a.chunk.ordinal - b.chunk.ordinal || a.start - b.start;
}
