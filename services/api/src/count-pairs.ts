import type { Metrics } from "@polyseme/core";
import type { PairScore } from "@polyseme/encoder";

/** Counts pairs that a model scored, those that it read whole and those that were cut. */
export function countPairs({ rerankPairs }: Pick<Metrics, "rerankPairs">, scores: readonly PairScore[]): void {
  const cut = scores.filter(({ truncated }) => truncated).length;
  rerankPairs.inc({ kind: "cut" }, cut);
  rerankPairs.inc({ kind: "whole" }, scores.length - cut);
}
