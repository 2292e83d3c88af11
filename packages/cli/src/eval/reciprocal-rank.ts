import type { Grades } from "./ndcg.ts";

/**
 * 1 divided by the place of the first relevant document (grade above 0), 0 when none is among the first `k`. Its mean over
 * the questions is MRR@k (Voorhees 1999; `recip_rank` of trec_eval, cut at k as in MS MARCO and BEIR).
 * @param ranked ids, the best first
 */
export function reciprocalRankAt(k: number, ranked: readonly string[], grades: Grades): number {
  const index = ranked.slice(0, k).findIndex((id) => (grades.get(id) ?? 0) > 0);
  return index === -1 ? 0 : 1 / (index + 1);
}
