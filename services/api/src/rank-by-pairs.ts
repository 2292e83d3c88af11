import type { Metrics } from "@polyseme/core";
import type { Reranker } from "@polyseme/encoder";
import type { Hit } from "@polyseme/store";
import { countPairs } from "./count-pairs.ts";
import { makeGate } from "./gate.ts";

/** Searches whose pairs are in the model's queue: 200 pairs each. */
const RANKING_AT_ONCE = 4;

/** Ranks hits by a model that reads the query and a chunk's text together. */
export interface PairRanking {
  /**
   * The best `k` of the hits, `score` being the model's, 0 to 1, and `vectorScore` the one that the hit was found by.
   * @param hits equal ones stay in that order
   * @throws PolysemeError as the model does; the signal's reason when it is aborted
   */
  rank<H extends Hit>(
    query: string,
    hits: readonly H[],
    options: { k: number; signal: AbortSignal; trace: string | undefined },
  ): Promise<(H & { readonly vectorScore: number })[]>;
}

export function makePairRanking({
  reranker,
  metrics,
}: {
  readonly reranker: Reranker;
  readonly metrics: Pick<Metrics, "rerankPairs">;
}): PairRanking {
  const gate = makeGate(RANKING_AT_ONCE);
  return {
    rank: (query, hits, { k, signal, trace }) =>
      gate.pass(async () => {
        if (hits.length === 0) return [];
        const model = await reranker.get();
        const texts = hits.map(({ chunk }) => chunk.text);
        const scores = await model.score(query, texts, { lane: "interactive", signal, trace });
        countPairs(metrics, scores);
        return hits
          .map((hit, i) => ({ ...hit, score: scores[i]?.score ?? 0, vectorScore: hit.score }))
          .sort((a, b) => b.score - a.score)
          .slice(0, k);
      }, signal),
  };
}
