import { dot, dotRow, meanOf, unit, type Rows } from "./unit-vectors.ts";

/** Enough for two decimals; directions that are almost equally large need not be told apart in a picture. */
const ROUNDS = 60;
const STILL = 1e-7;

/**
 * Rows on the plane of their two largest differences (principal components), centred. Directions are found by power
 * iteration from a fixed start; the sign of each is such that its largest number is positive, so the same rows give the same
 * picture.
 * @returns [x, y] of each row
 */
export function onPlane(rows: Rows): [number, number][] {
  const mean = meanOf(rows);
  const centred = Float32Array.from(rows.values, (value, i) => value - (mean[i % rows.width] ?? 0));
  const all = { ...rows, values: centred };
  const first = largestDirection(all, undefined);
  const second = largestDirection(all, first);
  return Array.from({ length: rows.count }, (_, i) => [dotRow(all, i, first), dotRow(all, i, second)]);
}

/**
 * The direction in which centred rows differ most.
 * @param without a direction that it must be square to
 * @param rounds of power iteration at most
 */
export function largestDirection(rows: Rows, without: Float32Array | undefined, rounds = ROUNDS): Float32Array {
  let direction = unit(Float32Array.from({ length: rows.width }, (_, i) => 1 + Math.cos(i + 1)));
  for (let round = 0; round < rounds; round += 1) {
    const sum = new Float64Array(rows.width);
    for (let i = 0; i < rows.count; i += 1) {
      const along = dotRow(rows, i, direction);
      const from = i * rows.width;
      for (let j = 0; j < rows.width; j += 1) sum[j] = (sum[j] ?? 0) + along * (rows.values[from + j] ?? 0);
    }
    let next = unit(sum);
    if (without !== undefined) {
      const shared = dot(next, without);
      next = unit(next.map((value, j) => value - shared * (without[j] ?? 0)));
    }
    const moved = 1 - Math.abs(dot(next, direction));
    direction = next;
    if (moved < STILL) break;
  }
  const largest = direction.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? direction.map((value) => -value) : direction;
}
