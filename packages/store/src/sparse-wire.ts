import type { SparseVector } from "@polyseme/core";
import { encodeBinaryArray } from "./vector-wire.ts";

const HEADER_BYTES = 12;

/**
 * One sparse vector as a parameter for `$n::sparsevec`, in pgvector's binary format (`sparsevec_recv` in its
 * src/sparsevec.c): int32 dimensions, int32 count, int32 0, the indices as int32 from 0 ascending, the values as float32; all
 * big-endian. As text, where indices are counted from 1, it is three times as long.
 */
export function encodeSparse({ indices, values }: SparseVector, dimensions: number): Buffer {
  const out = Buffer.alloc(HEADER_BYTES + 8 * indices.length);
  out.writeInt32BE(dimensions, 0);
  out.writeInt32BE(indices.length, 4);
  indices.forEach((index, at) => {
    out.writeInt32BE(index, HEADER_BYTES + 4 * at);
    out.writeFloatBE(values[at] ?? 0, HEADER_BYTES + 4 * (indices.length + at));
  });
  return out;
}

/**
 * Sparse vectors of one vocabulary as a parameter for `$n::sparsevec[]`.
 * @param sparseOid the element type's number in that database
 */
export function encodeSparseArray(vectors: readonly SparseVector[], dimensions: number, sparseOid: number): Buffer {
  return encodeBinaryArray(
    vectors.map((vector) => encodeSparse(vector, dimensions)),
    sparseOid,
  );
}
