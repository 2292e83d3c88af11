import type { Grades } from "./ndcg.ts";

/**
 * The share of the relevant documents (grade above 0) that is among the first `k`, 0 to 1: `recall.k` of trec_eval and BEIR.
 * @param ranked ids, the best first
 * @returns 0 when no document is relevant
 */
export function recallAt(k: number, ranked: readonly string[], grades: Grades): number {
  const first = new Set(ranked.slice(0, k));
  const relevant = [...grades].filter(([, grade]) => grade > 0);
  return relevant.length === 0 ? 0 : relevant.filter(([id]) => first.has(id)).length / relevant.length;
}
