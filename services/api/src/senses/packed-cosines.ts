import { fromHalves, type PackedTokens } from "@polyseme/core";

/**
 * The cosine of a query with each row of a packed value, 0 for a row of zeros. At int8 the stored whole numbers are
 * multiplied as they are: the query stays in floating point, so nothing is rounded but what was rounded when it was stored.
 * @param query of length 1
 */
export function packedCosines(query: Float32Array, packed: PackedTokens): Float32Array {
  const { dimensions, scales, norms } = packed;
  const values = packed.values instanceof Uint16Array ? fromHalves(packed.values) : packed.values;
  const cosines = new Float32Array(norms.length);
  for (let row = 0; row < cosines.length; row += 1) {
    const from = row * dimensions;
    let sum = 0;
    for (let i = 0; i < dimensions; i += 1) sum += (query[i] ?? 0) * (values[from + i] ?? 0);
    const norm = norms[row] ?? 0;
    cosines[row] = norm === 0 ? 0 : (sum * (scales[row] ?? 0)) / norm;
  }
  return cosines;
}
