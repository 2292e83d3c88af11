import { fromHalves } from "@polyseme/core";

/** An array of numbers of any kind. */
export type Numbers = ArrayLike<number> & Iterable<number>;

/** Vectors of one width, row behind row. */
export interface Rows {
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}

export function rowsOf(vectors: readonly Float32Array[], width: number): Rows {
  const values = new Float32Array(vectors.length * width);
  for (const [i, vector] of vectors.entries()) values.set(vector, i * width);
  return { values, count: vectors.length, width };
}

/** A view of one row. */
export function rowAt({ values, width }: Rows, row: number): Float32Array {
  return values.subarray(row * width, (row + 1) * width);
}

/** Of one kind of array only: the compiler makes a fast loop for it. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** The same with one row, without a view of it. */
export function dotRow({ values, width }: Rows, row: number, vector: Float32Array): number {
  const from = row * width;
  let sum = 0;
  for (let i = 0; i < width; i += 1) sum += (values[from + i] ?? 0) * (vector[i] ?? 0);
  return sum;
}

/** Sum of the squares. */
export function squared(vector: Numbers): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return sum;
}

/** The vector at length 1; all zeros stay so. */
export function unit(vector: Numbers): Float32Array {
  const length = Math.sqrt(squared(vector));
  const scaled = new Float32Array(vector.length);
  for (let i = 0; i < scaled.length && length > 0; i += 1) scaled[i] = (vector[i] ?? 0) / length;
  return scaled;
}

/** Mean of some rows, all of them when none are named. */
export function meanOf(rows: Rows, members?: readonly number[]): Float32Array {
  const sum = new Float64Array(rows.width);
  const count = members?.length ?? rows.count;
  for (let i = 0; i < count; i += 1) {
    const from = (members?.[i] ?? i) * rows.width;
    for (let j = 0; j < rows.width; j += 1) sum[j] = (sum[j] ?? 0) + (rows.values[from + j] ?? 0);
  }
  return Float32Array.from(sum, (value) => (count === 0 ? 0 : value / count));
}

/**
 * The direction of several words together: the mean of their directions, each with its number of tokens as weight. Of one
 * word it is the word's own.
 */
export function directionOf(vectors: readonly Numbers[], weights: readonly number[]): Float32Array {
  const [first] = vectors;
  if (first !== undefined && vectors.length === 1) return unit(first);
  const sum = new Float64Array(first?.length ?? 0);
  for (const [i, vector] of vectors.entries())
    for (const [j, value] of unit(vector).entries()) sum[j] = (sum[j] ?? 0) + value * (weights[i] ?? 1);
  return unit(sum);
}

/** The numbers of a row as it is stored; its scale is left away, as only its direction is wanted. */
export function storedRow(bytes: Buffer, precision: "int8" | "half"): Numbers {
  if (precision === "int8") return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return fromHalves(new Uint16Array(new Uint8Array(bytes).buffer));
}
