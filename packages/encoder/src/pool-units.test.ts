import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { poolUnits, wordNumbers } from "./pool-units.ts";

const DIMENSIONS = 12;
const units = fc
  .array(
    fc.record({
      pieces: fc.integer({ min: 1, max: 6 }),
      word: fc.integer({ min: -1, max: 20 }),
      vector: fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS }),
    }),
    { maxLength: 600, size: "max" },
  )
  .map((all) => ({
    pieces: Int32Array.from(all, ({ pieces }) => pieces),
    words: Int32Array.from(all, ({ word }) => word),
    vectors: Float32Array.from(all.flatMap(({ vector }) => vector)),
  }));
const factors = fc.constantFrom(2, 3);

/** By pieces, over all units. */
const mean = (pieces: Int32Array, rows: ArrayLike<number>, vectors: Float32Array): number[] => {
  const total = pieces.reduce((sum, count) => sum + count, 0);
  return Array.from({ length: DIMENSIONS }, (_, i) =>
    pieces.reduce(
      (sum, count, unit) => sum + (count / total) * (vectors[(rows[unit] ?? 0) * DIMENSIONS + i] ?? NaN),
      0,
    ),
  );
};

describe("any units, pooled", () => {
  test("have a row each, no row is without a unit, and there are at most units ÷ factor of them", () => {
    fc.assert(
      fc.property(units, factors, ({ pieces, words, vectors }, factor) => {
        const pooled = poolUnits({ pieces, words }, vectors, DIMENSIONS, factor);
        const count = pooled.vectors.length / DIMENSIONS;
        expect(pooled.rows).toHaveLength(pieces.length);
        expect(count).toBeLessThanOrEqual(Math.ceil(pieces.length / factor));
        expect([...new Set(pooled.rows)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { numRuns: 60 },
    );
  });

  test("keep the mean over all of them by pieces", () => {
    fc.assert(
      fc.property(units, factors, ({ pieces, words, vectors }, factor) => {
        fc.pre(pieces.length > 0);
        const pooled = poolUnits({ pieces, words }, vectors, DIMENSIONS, factor);
        const [before, after] = [
          mean(pieces, Array.from(pieces.keys()), vectors),
          mean(pieces, pooled.rows, pooled.vectors),
        ];
        for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 4);
      }),
      { numRuns: 60 },
    );
  });

  test("share a vector with no more than twelve times the factor, and give the same the second time", () => {
    fc.assert(
      fc.property(units, factors, ({ pieces, words, vectors }, factor) => {
        const pooled = poolUnits({ pieces, words }, vectors, DIMENSIONS, factor);
        const sizes = new Map<number, number>();
        for (const row of pooled.rows) sizes.set(row, (sizes.get(row) ?? 0) + 1);
        expect(Math.max(0, ...sizes.values())).toBeLessThanOrEqual(12 * factor);
        expect(poolUnits({ pieces, words }, vectors, DIMENSIONS, factor)).toEqual(pooled);
      }),
      { numRuns: 40 },
    );
  });
});

const near = (x: number, y: number): number[] => [x, y, ...Array<number>(DIMENSIONS - 2).fill(0)];
const ones = (count: number): Int32Array => new Int32Array(count).fill(1);

test("of longer words the most alike share, and the odd one keeps its own", () => {
  const all = [near(1, 0), near(0, 1), near(0.99, 0.02), near(0.01, 0.98), near(-1, -1), near(1, 0.01)];
  const words = Int32Array.from(all.keys());
  const { rows } = poolUnits({ pieces: ones(6), words }, Float32Array.from(all.flat()), DIMENSIONS, 2);
  expect([...rows]).toEqual([0, 1, 0, 1, 2, 0]);
});

test("little words share before longer ones do, however unlike they are", () => {
  const all = [near(1, 0), near(0.99, 0.01), near(0, 1), near(-1, 0)];
  const words = Int32Array.of(0, 1, -1, -1);
  const { rows } = poolUnits({ pieces: ones(4), words }, Float32Array.from(all.flat()), DIMENSIONS, 4 / 3);
  expect([...rows]).toEqual([0, 1, 2, 2]);
});

test("two places of a longer word share only where nothing else is left to share", () => {
  const all = [near(1, 0), near(0.99, 0.01), near(0.7, 0.7), near(0.6, 0.8)];
  const vectors = Float32Array.from(all.flat());
  const rowsOf = (...words: number[]): number[] => [
    ...poolUnits({ pieces: ones(words.length), words: Int32Array.from(words) }, vectors, DIMENSIONS, 2).rows,
  ];
  const [first, second] = rowsOf(7, 7, 8, 9);
  expect(first).not.toBe(second);
  expect(new Set(rowsOf(7, 7, 7, 7)).size).toBeLessThanOrEqual(2);
});

test("a word is the same in any case; signs and words of up to three letters are little", () => {
  const text = "Apple, the apple is it";
  const starts = Int32Array.of(0, 5, 7, 11, 17, 20);
  const ends = Int32Array.of(5, 6, 10, 16, 19, 22);
  expect([...wordNumbers(text, { starts, ends })]).toEqual([0, -1, -1, 0, -1, -1]);
});

test("without pooling every unit keeps its own vector", () => {
  const vectors = Float32Array.from({ length: 3 * DIMENSIONS }, (_, i) => i);
  const units = { pieces: Int32Array.of(1, 2, 1), words: Int32Array.of(0, 0, -1) };
  expect(poolUnits(units, vectors, DIMENSIONS, 1)).toEqual({ rows: Int32Array.of(0, 1, 2), vectors });
});
