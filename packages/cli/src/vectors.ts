export type Vector = readonly number[];

/** Cosine of the angle between two vectors; 0 when one has no direction. */
export function cosine(a: Vector, b: Vector): number {
  const lengths = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
  return lengths === 0 ? 0 : dot(a, b) / lengths;
}

/** The largest difference between two numbers in the same place. */
export function maxDifference(a: Vector, b: Vector): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0);
}

/** The vector in the middle of some; empty for none. */
export function mean(vectors: readonly Vector[]): Vector {
  const [first = []] = vectors;
  return first.map((_, i) => vectors.reduce((sum, vector) => sum + (vector[i] ?? 0), 0) / vectors.length);
}

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
