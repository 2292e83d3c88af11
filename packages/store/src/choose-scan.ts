import type { IndexSettings } from "@polyseme/core";
import type { Collection } from "./collections.ts";
import { chooseDepth } from "./indexes/search-measure.ts";

/** How the nearest chunks are looked for. */
export type Scan =
  /** Every vector is compared. */
  | { readonly kind: "exact" }
  /** Those of the documents that match a filter are, if these are few. */
  | { readonly kind: "few" }
  /** Those that a graph leads to are. */
  | GraphScan;

export interface GraphScan {
  readonly kind: "graph";
  readonly precision: IndexSettings["precision"];
  /** `hnsw.ef_search`: chunks that a step of the search holds. */
  readonly efSearch: number;
  /** Chunks that a graph which holds no full vectors is asked for; the full ones rank them. */
  readonly candidates: number;
}

export const EXACT: Scan = { kind: "exact" };
export const FEW: Scan = { kind: "few" };

/** What a scan with a filter reads for each row that is wanted: the last that it comes to are not all of the nearest. */
export const FILTERED_SPARE = 2;
/** Was measured without a filter; of what is left by one, such a depth finds less. */
const FILTERED_RECALL = 0.995;

/**
 * The way that finds what the settings promise in the least time, by what was measured of both.
 * @param wanted.k nearest that are to be found
 * @param wanted.limit rows that are read to have them, where several may be of one document
 * @param wanted.filtered only some of the documents will do, so that more of the graph must be seen for as many
 */
export function chooseScan(
  { index, generation }: Pick<Collection, "index" | "generation">,
  wanted: { readonly k: number; readonly limit: number; readonly filtered: boolean },
): Scan {
  const { measure } = generation;
  const graph = measure?.graph;
  if (measure == null || graph === undefined || index.vector === "exact" || index.recall === 1) return EXACT;
  const depth = wanted.filtered
    ? chooseDepth(graph, Math.max(index.recall, FILTERED_RECALL), FILTERED_SPARE * wanted.limit)
    : chooseDepth(graph, index.recall, wanted.k);
  // A large part of a small collection is read sooner than found.
  if (index.vector === "auto" && depth.ms > measure.exactMs) return EXACT;
  return graphScan(graph.precision, Math.max(depth.efSearch, wanted.limit));
}

/** pgvector's bound of `hnsw.ef_search`; a search that goes on beyond it does so in steps of as many. */
const MOST_EF_SEARCH = 1_000;

export function graphScan(precision: IndexSettings["precision"], depth: number): GraphScan {
  return { kind: "graph", precision, efSearch: Math.min(MOST_EF_SEARCH, depth), candidates: depth };
}
