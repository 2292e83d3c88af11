import { bootstrapMean, pairedDifference, type Estimate } from "./bootstrap.ts";
import type { Asked } from "./ask.ts";
import { ndcgAt } from "./ndcg.ts";
import { recallAt } from "./recall.ts";
import { reciprocalRankAt } from "./reciprocal-rank.ts";

/** Places that nDCG and MRR look at, as is usual. */
export const RANK_CUT = 10;

export const MEASURES = ["ndcg", "recall", "mrr"] as const;
export type Measure = (typeof MEASURES)[number];

/** One value a question, in the order of the questions. */
export type QuestionScores = Readonly<Record<Measure, readonly number[]>>;
export type Estimates = Readonly<Record<Measure, Estimate>>;

/** `nDCG@10`, `recall@100`, `MRR@10` */
export function titleOf(measure: Measure, k: number): string {
  switch (measure) {
    case "ndcg":
      return `nDCG@${RANK_CUT}`;
    case "recall":
      return `recall@${k}`;
    case "mrr":
      return `MRR@${RANK_CUT}`;
    default:
      throw new Error(`Unknown measure ${String(measure satisfies never)}`);
  }
}

/** @param k places that recall looks at */
export function scoreRankings(asked: readonly Asked[], k: number): QuestionScores {
  return {
    ndcg: asked.map(({ ranked, grades }) => ndcgAt(RANK_CUT, ranked, grades)),
    recall: asked.map(({ ranked, grades }) => recallAt(k, ranked, grades)),
    mrr: asked.map(({ ranked, grades }) => reciprocalRankAt(RANK_CUT, ranked, grades)),
  };
}

/** Means over the questions with their intervals. */
export function estimateScores(scores: QuestionScores): Estimates {
  return eachMeasure((measure) => bootstrapMean(scores[measure]));
}

/** How much better `scores` are than `base`, question by question. */
export function compareScores(base: QuestionScores, scores: QuestionScores): Estimates {
  return eachMeasure((measure) => pairedDifference(base[measure], scores[measure]));
}

function eachMeasure<T>(work: (measure: Measure) => T): Record<Measure, T> {
  return { ndcg: work("ndcg"), recall: work("recall"), mrr: work("mrr") };
}
