import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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
  return readFileSync(`${SPARSE_MODELS}/${SPARSE_MODEL}/golden.jsonl`, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as GoldenSparse);
}
