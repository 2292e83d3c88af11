/** How relevant each document is to one question: 0 not at all, 1 and more by degrees; what is not named counts as 0. */
export type Grades = ReadonlyMap<string, number>;

/**
 * Normalised discounted cumulative gain over the first `k` places, 0 to 1: the gain of a place is its grade divided by
 * log2(place + 1), places counted from 1, and the sum is divided by that of the best order possible (Järvelin and
 * Kekäläinen 2002). With the grade itself as gain, as `ndcg_cut` of trec_eval and with it BEIR reckon. A document that comes
 * twice counts at its first place only.
 * @param ranked ids, the best first
 * @returns 0 when no document is relevant
 */
export function ndcgAt(k: number, ranked: readonly string[], grades: Grades): number {
  const best = [...grades.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const ideal = discounted(best.slice(0, k));
  if (ideal === 0) return 0;
  const seen = new Set<string>();
  const gains = ranked.slice(0, k).map((id) => {
    if (seen.has(id)) return 0;
    seen.add(id);
    return Math.max(0, grades.get(id) ?? 0);
  });
  return discounted(gains) / ideal;
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
