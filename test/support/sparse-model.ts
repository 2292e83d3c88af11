import { fileURLToPath } from "node:url";
import { goldenOf } from "./fixture-models.ts";

/** What sentence-transformers' SparseEncoder says of a text. */
export interface GoldenSparse {
  readonly text: string;
  readonly ids: readonly number[];
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

/** Holds the small SPLADE model of random weights that make.py made. */
export const SPARSE_MODELS = fileURLToPath(new URL("../fixtures/sparse-models", import.meta.url));
export const SPARSE_MODEL = "splade-bert";
/** Tokens of its vocabulary. */
export const SPARSE_DIMENSIONS = 401;

export function goldenSparse(): GoldenSparse[] {
  return goldenOf(`${SPARSE_MODELS}/${SPARSE_MODEL}`) as GoldenSparse[];
}
