import { PolysemeError } from "@polyseme/core";

/**
 * A query's vector of length 1. Its direction is all that counts, and Postgres sums squares in 32-bit floats: those of
 * 1e-30 are 0 and those of 1e30 infinite, and the distance would be no number.
 * @throws PolysemeError `invalid` when it is of another length than the collection's, too large, or without direction
 */
export function checkVector(values: readonly number[], dimensions: number): Float32Array {
  const fault = (message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field: "vector" } });
  if (values.length !== dimensions)
    throw fault(`vector has ${values.length} numbers, this collection's have ${dimensions}.`);
  const vector = Float32Array.from(values);
  if (!vector.every(Number.isFinite)) throw fault("vector holds a number that is too large for a 32-bit float.");
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) throw fault("vector is all zeros, which has no direction.");
  const length = Math.sqrt(vector.reduce((sum, value) => sum + (value / largest) ** 2, 0));
  return vector.map((value) => value / largest / length);
}
