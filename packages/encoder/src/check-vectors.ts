/** Squares of float32 values below this are rounding noise, no direction. */
const LEAST_NORM = 1e-6;
/** Farther from 1 than this is no rounding: the model does not normalise by itself. */
const NORM_TOLERANCE = 1e-4;

export function areFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}

/**
 * The embedding at L2 norm 1; undefined when it has no direction: NaN, infinite or zero. One that has the norm already
 * comes back bit for bit.
 */
export function normalised(embedding: Float32Array): Float32Array | undefined {
  let squares = 0;
  for (const value of embedding) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm) || norm < LEAST_NORM) return undefined;
  return Math.abs(norm - 1) <= NORM_TOLERANCE ? embedding : embedding.map((value) => value / norm);
}
