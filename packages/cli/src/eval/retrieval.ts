import type { Polyseme } from "@polyseme/client";
import { askAll, type AskOptions } from "./ask.ts";
import { percentile } from "./percentile.ts";
import { withAnswers } from "./places.ts";
import type { QuestionSet } from "./questions.ts";
import {
  compareScores,
  estimateScores,
  RANK_CUT,
  scoreRankings,
  type Estimates,
  type QuestionScores,
} from "./score-rankings.ts";
import type { Setting } from "./settings.ts";

export interface MeasuredSetting {
  readonly setting: Setting;
  readonly measures: Estimates;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Questions of which nothing relevant came back at all. */
  readonly nothingFound: number;
  /** Against the first setting; undefined for that one. */
  readonly difference?: Estimates;
  readonly perQuestion: QuestionScores;
}

export interface RetrievalReport {
  readonly questions: number;
  /** Left out: nothing is relevant to them. */
  readonly withoutRelevant: number;
  /** Left out: chunks were asked for and nobody said where the answer stands. */
  readonly withoutPlace: number;
  readonly k: number;
  readonly group: AskOptions["group"];
  readonly settings: readonly MeasuredSetting[];
  /** Ids of the questions, in the order of the settings' `perQuestion`. */
  readonly questionIds: readonly string[];
}

export interface RetrievalOptions extends Omit<AskOptions, "depth"> {
  /** Places that recall looks at. */
  readonly k: number;
}

/**
 * Asks the questions of each setting, one setting after the other, and measures the rankings.
 * @throws Error as `askAll` does, or when chunks are asked for and no question says where its answer stands
 */
export async function measureRetrieval(
  client: Polyseme,
  settings: readonly Setting[],
  set: QuestionSet,
  options: RetrievalOptions,
): Promise<RetrievalReport> {
  const { k, group } = options;
  const questions = group === "chunk" ? withAnswers(set.questions) : set.questions;
  if (questions.length === 0)
    throw new Error(
      'No question says where its answer stands ("answer": {"docId", "quote"}), so chunks cannot be judged.',
    );
  const measured: MeasuredSetting[] = [];
  for (const setting of settings) {
    const asked = await askAll(client, setting, questions, { ...options, depth: Math.max(RANK_CUT, k) });
    const perQuestion = scoreRankings(asked, k);
    const [base] = measured;
    const latencies = asked.map(({ latencyMs }) => latencyMs);
    measured.push({
      setting,
      measures: estimateScores(perQuestion),
      latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
      nothingFound: asked.filter(({ ranked, grades }) => !ranked.some((id) => (grades.get(id) ?? 0) > 0)).length,
      ...(base === undefined ? {} : { difference: compareScores(base.perQuestion, perQuestion) }),
      perQuestion,
    });
  }
  return {
    questions: questions.length,
    withoutRelevant: set.withoutRelevant,
    withoutPlace: set.questions.length - questions.length,
    k,
    group,
    settings: measured,
    questionIds: questions.map(({ id }) => id),
  };
}
