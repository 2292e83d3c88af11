import { MOST_INDEXED_DIMENSIONS, type IndexSettings } from "@polyseme/core";

/** What the choice depends on, of one generation. */
export interface GraphFacts {
  readonly chunks: number;
  /** Median of an exact search, ms; undefined: not measured yet. */
  readonly exactMs: number | undefined;
  /** Documents that are still to be written to it, counted as far as the choice needs. */
  readonly pending: number;
  /** A graph of it is ready, or being built. */
  readonly hasGraph: boolean;
}

/** From when on a graph pays. Two bounds each, so that a collection near one of them is not indexed over and over. */
export interface GraphPolicy {
  readonly buildFromChunks: number;
  readonly buildFromMs: number;
  readonly dropBelowChunks: number;
  readonly dropBelowMs: number;
  /** While more than this share of the chunks is still to come, a load is under way: a graph would slow it. */
  readonly loadShare: number;
}

export const GRAPH_POLICY: GraphPolicy = {
  buildFromChunks: 10_000,
  buildFromMs: 10,
  dropBelowChunks: 5_000,
  dropBelowMs: 4,
  loadShare: 0.2,
};

/** Whether a generation is to have a graph. */
export function wantsGraph(
  settings: IndexSettings,
  dimensions: number,
  facts: GraphFacts,
  policy: GraphPolicy = GRAPH_POLICY,
): boolean {
  if (settings.vector === "exact" || settings.recall === 1) return false;
  if (dimensions > MOST_INDEXED_DIMENSIONS[settings.precision]) return false;
  if (settings.vector === "hnsw") return true;
  const { chunks, exactMs, pending } = facts;
  if (facts.hasGraph)
    return chunks >= policy.dropBelowChunks && (exactMs === undefined || exactMs >= policy.dropBelowMs);
  return (
    chunks >= policy.buildFromChunks &&
    exactMs !== undefined &&
    exactMs >= policy.buildFromMs &&
    pending <= chunks * policy.loadShare
  );
}
