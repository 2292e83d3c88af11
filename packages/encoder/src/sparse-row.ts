import type { SparseVector } from "@polyseme/core";
import { areFinite } from "./check-vectors.ts";

/** pgvector's graphs take so many values that are not zero, and texts of trained models have some hundreds. */
export const MOST_WEIGHTS = 1_000;

/**
 * The weights of one text.
 * @param row a weight for each token of the vocabulary, 0 or more
 * @param most the largest ones stay, of equal ones those of the smaller numbers
 * @throws Error when one is NaN or infinite
 */
export function sparseRow(row: Float32Array, most = MOST_WEIGHTS): SparseVector {
  if (!areFinite(row)) throw new Error("the model gave NaN or infinite weights");
  const found: number[] = [];
  for (let at = 0; at < row.length; at += 1) if ((row[at] ?? 0) > 0) found.push(at);
  const kept =
    found.length <= most
      ? found
      : found
          .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b)
          .slice(0, most)
          .sort((a, b) => a - b);
  return { indices: Int32Array.from(kept), values: Float32Array.from(kept, (at) => row[at] ?? 0) };
}
