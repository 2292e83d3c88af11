import { parseFilter, PolysemeError, type Filter } from "@polyseme/core";
import { hashRequest, readCursor, type Cursor } from "./search/search-page.ts";

/** How hits are found. */
export type SearchMode = "vector" | "hybrid" | "lexical" | "sparse";

/** What of a search's body says how hits are found, ranked, cut and explained. */
export interface PlanBody {
  readonly query?: string;
  readonly vector?: readonly number[];
  readonly like?: string;
  readonly k?: number;
  readonly group?: "document" | "chunk";
  readonly mode?: SearchMode;
  readonly rerank?: "none" | Rerank;
  readonly candidates?: number;
  readonly explain?: boolean;
  readonly exact?: boolean;
  readonly filter?: unknown;
  readonly minScore?: number;
  readonly page?: string;
  readonly snippets?: boolean;
  readonly collections?: readonly string[];
}

/** By the words' vectors, or by a model that reads query and text together. */
export type Rerank = "maxsim" | "cross";

export interface SearchPlan {
  readonly mode: SearchMode;
  readonly group: "document" | "chunk";
  /** Hits of the answer. */
  readonly k: number;
  /** Hits that are found, out of which the answer's are taken. */
  readonly candidates: number;
  /** How hits are ranked anew; undefined: they are not. */
  readonly rerank: Rerank | undefined;
  readonly explain: boolean;
  readonly snippets: boolean;
  /** Every vector is compared, whatever index there is. */
  readonly exact: boolean;
  readonly filter: Filter | undefined;
  readonly minScore: number | undefined;
  readonly cursor: Cursor | undefined;
  /** Hits of each side that a hybrid search fuses. */
  readonly depth: number;
  /** The collections that are searched, each once, that of the path first. */
  readonly collections: readonly string[];
  /** Hash of what decides which hits come in which order. */
  readonly request: string;
}

const DEFAULT_K = 10;
export const LEAST_CANDIDATES = 50;
export const DEFAULT_CANDIDATES = 100;
export const MOST_CANDIDATES = 200;

/** What is behind so many places of a list adds little to a fused score, and every place costs its text. */
const FUSED_DEPTH = 200;
/** Who asks for more hits than this gets them out of longer lists. */
const SHALLOW_K = 100;
const DEEP_DEPTH = 1_000;

const invalid = (field: string, message: string): PolysemeError =>
  new PolysemeError("invalid", message, { details: { field } });

/**
 * @param collection of the path
 * @throws PolysemeError `invalid` when the parts of the body do not fit each other
 */
export function searchPlan(body: PlanBody, collection: string): SearchPlan {
  const { k = DEFAULT_K, mode = "vector", group = "document", snippets = false, exact = false, minScore } = body;
  const collections = [...new Set([collection, ...(body.collections ?? [])])];
  refuseMisfits(body);
  if (collections.length > 1 && (body.rerank === "maxsim" || body.explain === true))
    throw invalid("collections", "maxsim and explain work on one collection; leave collections or them out.");
  const request = hashRequest([
    ...[mode, group, body.query, body.vector, body.like, body.filter, minScore, exact].map((part) => part ?? null),
    ...collections,
  ]);
  const cursor = body.page === undefined ? undefined : readCursor(body.page, request);
  return {
    ...{ mode, group, k, snippets, exact, minScore, cursor, collections, request },
    ...rankingOf(body, k),
    filter: body.filter === undefined ? undefined : parseFilter(body.filter, "filter"),
    depth: cursor?.depth ?? (k > SHALLOW_K ? DEEP_DEPTH : FUSED_DEPTH),
  };
}

function refuseMisfits({ query, mode = "vector", rerank, explain, minScore, page }: PlanBody): void {
  const isReranked = rerank === "maxsim" || rerank === "cross";
  if (query === undefined && (isReranked || explain === true))
    throw invalid(
      explain === true ? "explain" : "rerank",
      "Only a query has words to compare: give query, or leave it out.",
    );
  if (query === undefined && mode !== "vector")
    throw invalid("mode", `Only a query has words to look for: give query, or leave mode out.`);
  if (explain === true && mode !== "vector" && rerank !== "maxsim")
    throw invalid(
      "explain",
      `What a score of mode "${mode}" is made of is not explained; add rerank "maxsim", or leave one out.`,
    );
  if (minScore !== undefined && mode === "hybrid")
    throw invalid("minScore", "A hybrid score says where a hit stands, not how good it is; leave minScore out.");
  if (minScore !== undefined && isReranked)
    throw invalid("minScore", "minScore is for the score that hits are found by; leave it or rerank out.");
  if (page !== undefined && isReranked)
    throw invalid("page", "What is ranked anew has one page, as large as k; leave page or rerank out.");
}

function rankingOf(body: PlanBody, k: number): Pick<SearchPlan, "candidates" | "rerank" | "explain"> {
  const { explain = false } = body;
  const rerank = body.rerank === "none" ? undefined : body.rerank;
  if (rerank === undefined) {
    if (body.candidates !== undefined)
      throw invalid(
        "candidates",
        'Candidates are what rerank works on; set rerank to "maxsim" or "cross", or leave it out.',
      );
    return { candidates: k, rerank, explain };
  }
  if (k > MOST_CANDIDATES) throw invalid("k", `With rerank, k is at most ${MOST_CANDIDATES}, not ${k}.`);
  const { candidates = Math.max(DEFAULT_CANDIDATES, k) } = body;
  if (candidates < k) throw invalid("candidates", `candidates is at least k, so ${k} here, not ${candidates}.`);
  return { candidates, rerank, explain };
}
