import { kindsOfMistakes } from "./mistake-kinds.ts";
import type { RetrievalReport } from "./retrieval.ts";
import type { SenseReport } from "./score-senses.ts";
import type { Use } from "./uses.ts";

/** What `--json` prints of a retrieval measurement. Measures are named as the table names them. */
export function retrievalJson({ settings, questionIds, ...report }: RetrievalReport): object {
  return {
    kind: "retrieval",
    ...report,
    settings: settings.map(({ setting, perQuestion: _, ...rest }) => ({ ...setting, ...rest })),
    perQuestion: questionIds.map((id, index) => ({
      id,
      ndcg: settings.map(({ perQuestion }) => perQuestion.ndcg[index]),
    })),
  };
}

/** What `--json` prints of a measurement of word senses. */
export function senseJson({ mistakes, ...report }: SenseReport): object {
  return {
    kind: "senses",
    ...report,
    mistakes: kindsOfMistakes(mistakes).map(({ mistakes: all, ...kind }) => ({
      ...kind,
      uses: all.map(({ use, nearest, similarity }) => ({ similarity, use: useJson(use), nearest: useJson(nearest) })),
    })),
  };
}

function useJson({ origin, text, sense, start, end }: Use): object {
  return { origin, text, sense, start, end };
}
