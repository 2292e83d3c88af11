/** Squares of float32 values below this are rounding noise, no direction. */
const LEAST_NORM = 1e-6;
/** Farther from 1 than this is no rounding: the model does not normalise by itself. */
const NORM_TOLERANCE = 1e-4;

export function areFinite(values: Float32Array): boolean {
  // Times zero is zero for finite numbers alone. An iterator takes ten times as long, and every token is looked at.
  let zero = 0;
  for (let i = 0; i < values.length; i += 2) zero += (values[i] ?? 0) * 0 + (values[i + 1] ?? 0) * 0;
  return zero === 0;
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
