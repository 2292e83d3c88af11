/**
 * Normalised discounted cumulative gain at 10 with one relevant document: 1 when it comes first, 1/log2(rank + 1) further
 * down, 0 when it is not among the ten (Järvelin and Kekäläinen, 2002).
 */
export function ndcgAt10(ranked: readonly string[], relevant: string): number {
  const index = ranked.slice(0, 10).indexOf(relevant);
  return index === -1 ? 0 : 1 / Math.log2(index + 2);
}
