import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { poolUnits } from "./pool-units.ts";

const DIMENSIONS = 12;
const units = fc
  .array(
    fc.record({
      pieces: fc.integer({ min: 1, max: 6 }),
      vector: fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS }),
    }),
    { maxLength: 600, size: "max" },
  )
  .map((all) => ({
    pieces: Int32Array.from(all, ({ pieces }) => pieces),
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
      fc.property(units, factors, ({ pieces, vectors }, factor) => {
        const pooled = poolUnits(pieces, vectors, DIMENSIONS, factor);
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
      fc.property(units, factors, ({ pieces, vectors }, factor) => {
        fc.pre(pieces.length > 0);
        const pooled = poolUnits(pieces, vectors, DIMENSIONS, factor);
        const [before, after] = [
          mean(pieces, Array.from(pieces.keys()), vectors),
          mean(pieces, pooled.rows, pooled.vectors),
        ];
        for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 4);
      }),
      { numRuns: 60 },
    );
  });

  test("share a vector with no more than twice the factor, and give the same the second time", () => {
    fc.assert(
      fc.property(units, factors, ({ pieces, vectors }, factor) => {
        const pooled = poolUnits(pieces, vectors, DIMENSIONS, factor);
        const sizes = new Map<number, number>();
        for (const row of pooled.rows) sizes.set(row, (sizes.get(row) ?? 0) + 1);
        expect(Math.max(0, ...sizes.values())).toBeLessThanOrEqual(2 * factor);
        expect(poolUnits(pieces, vectors, DIMENSIONS, factor)).toEqual(pooled);
      }),
      { numRuns: 40 },
    );
  });
});

test("the most alike share, the odd one keeps its own", () => {
  const near = (x: number, y: number): number[] => [x, y, ...Array<number>(DIMENSIONS - 2).fill(0)];
  const vectors = Float32Array.from(
    [near(1, 0), near(0, 1), near(0.99, 0.02), near(0.01, 0.98), near(-1, -1), near(1, 0.01)].flat(),
  );
  const { rows } = poolUnits(new Int32Array(6).fill(1), vectors, DIMENSIONS, 2);
  expect([...rows]).toEqual([0, 1, 0, 1, 2, 0]);
});

test("without pooling every unit keeps its own vector", () => {
  const vectors = Float32Array.from({ length: 3 * DIMENSIONS }, (_, i) => i);
  expect(poolUnits(Int32Array.of(1, 2, 1), vectors, DIMENSIONS, 1)).toEqual({ rows: Int32Array.of(0, 1, 2), vectors });
});
