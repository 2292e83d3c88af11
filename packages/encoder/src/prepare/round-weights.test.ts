import { expect, test } from "vitest";
import { roundTogether, triangleOf } from "./round-weights.ts";

const CHANNELS = 24;
const COLUMNS = 16;
const ROWS = 400;
const noise = (at: number): number =>
  Math.sin(at * 12.9898) * 43_758.5453 - Math.floor(Math.sin(at * 12.9898) * 43_758.5453) - 0.5;

/** Inputs whose channels go together, as those of a text encoder do. */
const inputs = Float32Array.from({ length: ROWS * CHANNELS }, (_, at) => {
  const row = Math.floor(at / CHANNELS);
  return noise(row + 7) * (1 + (at % 5)) + noise(row + 1_007) * (at % 3) + 0.3 * noise(at + 9_001);
});
const weights = Float32Array.from({ length: CHANNELS * COLUMNS }, (_, at) => noise(at + 77_777) * 20);
const within = (): readonly [number, number] => [-127, 127];

function momentsOf(): Float32Array {
  const moments = new Float32Array(CHANNELS ** 2);
  for (let row = 0; row < ROWS; row++)
    for (let i = 0; i < CHANNELS; i++)
      for (let j = 0; j < CHANNELS; j++)
        moments[i * CHANNELS + j]! += (inputs[row * CHANNELS + i] ?? 0) * (inputs[row * CHANNELS + j] ?? 0);
  return moments;
}

/** Sum of the squares by which the products with all inputs differ. */
function productError(rounded: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column < COLUMNS; column++) {
      let difference = 0;
      for (let i = 0; i < CHANNELS; i++) {
        const at = i * COLUMNS + column;
        difference += (inputs[row * CHANNELS + i] ?? 0) * ((weights[at] ?? 0) - (rounded[at] ?? 0));
      }
      sum += difference ** 2;
    }
  return sum;
}

test("weights rounded together err less than half as much in the product as each rounded by itself", () => {
  const together = roundTogether(weights, triangleOf(momentsOf(), new Float32Array(CHANNELS).fill(1)), within);
  expect(productError(together)).toBeLessThan(productError(weights.map(Math.round)) / 2);
});

test("channels that have nothing to do with each other are rounded to the nearest", () => {
  const moments = new Float32Array(CHANNELS ** 2);
  for (let i = 0; i < CHANNELS; i++) moments[i * CHANNELS + i] = 1 + i;
  const rounded = roundTogether(weights, triangleOf(moments, new Float32Array(CHANNELS).fill(1)), within);
  expect([...rounded]).toEqual([...weights].map((one) => Math.round(one) + 0));
});

test("no weight leaves its limits, which may depend on the next one in its pair", () => {
  const pairs: number[] = [];
  const rounded = roundTogether(weights, triangleOf(momentsOf(), new Float32Array(CHANNELS).fill(1)), (next) => {
    if (next !== undefined) pairs.push(next);
    return next === undefined ? [-3, 3] : [-5, 5 - Math.max(next, 0)];
  });
  expect(pairs).toHaveLength((CHANNELS / 2) * COLUMNS);
  for (let i = 0; i < CHANNELS; i += 2)
    for (let column = 0; column < COLUMNS; column++) {
      const [one = 0, next = 0] = [rounded[i * COLUMNS + column], rounded[(i + 1) * COLUMNS + column]];
      expect(Math.abs(next)).toBeLessThanOrEqual(3);
      expect(one + Math.max(next, 0)).toBeLessThanOrEqual(5);
    }
});

test("channels that no text used do not make it fail", () => {
  const triangle = triangleOf(new Float32Array(CHANNELS ** 2), new Float32Array(CHANNELS).fill(1));
  expect([...roundTogether(weights, triangle, within)].every(Number.isFinite)).toBe(true);
});
