import { PolysemeError } from "@polyseme/core";

/** What of a search's body says how hits are ranked anew and explained. */
export interface PlanBody {
  readonly query?: string;
  readonly k?: number;
  readonly rerank?: "none" | "maxsim";
  readonly candidates?: number;
  readonly explain?: boolean;
}

export interface SearchPlan {
  /** Hits of the answer. */
  readonly k: number;
  /** Hits by the embedding alone, out of which the answer's are taken. */
  readonly candidates: number;
  readonly rerank: boolean;
  readonly explain: boolean;
}

const DEFAULT_K = 10;
export const LEAST_CANDIDATES = 50;
export const DEFAULT_CANDIDATES = 100;
export const MOST_CANDIDATES = 200;

/**
 * @throws PolysemeError `invalid` when the parts of the body do not fit each other
 */
export function searchPlan(body: PlanBody): SearchPlan {
  const invalid = (field: string, message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field } });
  const { k = DEFAULT_K, explain = false } = body;
  const rerank = body.rerank === "maxsim";
  if (body.query === undefined && (rerank || explain))
    throw invalid(explain ? "explain" : "rerank", "Only a query has words to compare: give query, or leave it out.");
  if (!rerank) {
    if (body.candidates !== undefined)
      throw invalid("candidates", 'Candidates are what rerank works on; set rerank to "maxsim", or leave it out.');
    return { k, candidates: k, rerank, explain };
  }
  if (k > MOST_CANDIDATES) throw invalid("k", `With rerank, k is at most ${MOST_CANDIDATES}, not ${k}.`);
  const { candidates = Math.max(DEFAULT_CANDIDATES, k) } = body;
  if (candidates < k) throw invalid("candidates", `candidates is at least k, so ${k} here, not ${candidates}.`);
  return { k, candidates, rerank, explain };
}
