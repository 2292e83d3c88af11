/** A hit with its place in space. */
export interface Candidate {
  /** Similarity with the query. */
  readonly score: number;
  /** Of length 1. */
  readonly vector: readonly number[];
}

/**
 * Maximal marginal relevance: one after the other, the candidate that is most like the query and least like those chosen
 * before it.
 * @param lambda 1: the query alone counts; 0: the difference alone
 * @returns indexes of the chosen ones, in their order
 */
export function chooseDiverse(candidates: readonly Candidate[], k: number, lambda: number): number[] {
  const chosen: number[] = [];
  /** For each candidate the similarity with the nearest chosen one. */
  const nearest = candidates.map(() => 0);
  while (chosen.length < Math.min(k, candidates.length)) {
    let best = -1;
    let bestWorth = -Infinity;
    for (const [index, { score }] of candidates.entries()) {
      if (chosen.includes(index)) continue;
      const worth = lambda * score - (1 - lambda) * (nearest[index] ?? 0);
      if (worth > bestWorth) [best, bestWorth] = [index, worth];
    }
    // A score that is no number beats nothing.
    if (best < 0) break;
    const latest = candidates[best];
    for (const [index, { vector }] of candidates.entries()) {
      const similarity = latest === undefined ? 0 : dot(vector, latest.vector);
      nearest[index] = chosen.length === 0 ? similarity : Math.max(nearest[index] ?? 0, similarity);
    }
    chosen.push(best);
  }
  return chosen;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
