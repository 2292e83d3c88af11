import type { IndexSettings } from "@polyseme/core";

/** What was last measured of searching a generation, on vectors that are stored in it and on means of them. */
export interface SearchMeasure {
  readonly measuredAt: string;
  /** How many there were. */
  readonly chunks: number;
  /** Median time in Postgres of an exact search for the ten nearest, ms. */
  readonly exactMs: number;
  /** Of the graph that was ready then. */
  readonly graph?: GraphMeasure;
}

/** A graph that searches can follow. */
export interface ReadyGraph {
  /** The index's name. */
  readonly index: string;
  readonly precision: IndexSettings["precision"];
}

export interface GraphMeasure extends ReadyGraph {
  /** By how many nearest were asked for; each from the shallowest search on. */
  readonly depths: Readonly<Record<MeasuredCount, readonly Depth[]>>;
}

/** Numbers of nearest that are measured; what lies between is interpolated. */
export const MEASURED_COUNTS = [10, 100] as const;
export type MeasuredCount = (typeof MEASURED_COUNTS)[number];

export interface Depth {
  /** `hnsw.ef_search` */
  readonly efSearch: number;
  /** Share of the exact answer that was found, the mean over the searches. */
  readonly recall: number;
  /** Standard error of that mean. */
  readonly error: number;
  /** Median time in Postgres, ms. */
  readonly ms: number;
}

/** How deep a search through the graph goes, and what that was measured to give. Beyond what was measured it may be any depth. */
export interface ChosenDepth extends Depth {
  /** False: even the deepest search finds less than was asked for. */
  readonly reaches: boolean;
}

/**
 * The shallowest search that finds its share of the `count` nearest. What was measured is a sample, so the share must be
 * reached with its error taken off.
 * @param recall share of the exact answer to be found
 */
export function chooseDepth(graph: GraphMeasure, recall: number, count: number): ChosenDepth {
  const [few, many] = MEASURED_COUNTS;
  const near = shallowest(graph.depths[few], recall);
  if (count <= few) return near;
  const far = shallowest(graph.depths[many], recall);
  // Beyond what was measured, the depth that a nearest one needs stays the same for each of them.
  const scale = count >= many ? count / many : 1;
  const share = Math.min(1, (count - few) / (many - few));
  const between = (from: number, to: number): number => from + share * (to - from);
  return {
    efSearch: Math.ceil(scale * between(near.efSearch, Math.max(near.efSearch, far.efSearch))),
    recall: between(near.recall, far.recall),
    error: between(near.error, far.error),
    ms: scale * between(near.ms, far.ms),
    reaches: near.reaches && far.reaches,
  };
}

/** The recall with its error taken off. */
export function certain({ recall, error }: Pick<Depth, "recall" | "error">): number {
  return recall - error;
}

function shallowest(depths: readonly Depth[], recall: number): ChosenDepth {
  const found = depths.find((depth) => certain(depth) >= recall);
  if (found !== undefined) return { ...found, reaches: true };
  const deepest = depths.at(-1);
  if (deepest === undefined) throw new Error("A graph of which nothing was measured");
  return { ...deepest, reaches: false };
}
