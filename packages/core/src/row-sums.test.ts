import fc from "fast-check";
import { expect, test } from "vitest";
import { makeRowSums } from "./row-sums.ts";

const weight = fc.float({ min: -2, max: 2, noNaN: true });

test("rows of any width, in any parts, are summed with their weights", () => {
  const sums = makeRowSums();
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 80 }),
      fc.array(fc.array(weight, { maxLength: 150 }), { maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: -128, max: 127 })),
      (dimensions, weightsOfParts, values) => {
        const parts = weightsOfParts.map(({ length }) => Int8Array.from(values.take(length * dimensions)));
        const expected = new Float64Array(dimensions);
        for (const [n, part] of parts.entries())
          for (const [i, value] of part.entries())
            expected[i % dimensions] =
              (expected[i % dimensions] ?? 0) + value * (weightsOfParts[n]?.[Math.floor(i / dimensions)] ?? 0);
        const sum = new Float32Array(dimensions).fill(7);
        sums.sum(parts, Float32Array.from(weightsOfParts.flat()), sum);
        for (const [i, value] of sum.entries()) expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(0.05);
      },
    ),
    { numRuns: 50 },
  );
});

test("no rows sum to nothing", () => {
  const sum = Float32Array.of(1, 2, 3);
  makeRowSums().sum([], new Float32Array(), sum);
  expect([...sum]).toEqual([0, 0, 0]);
});

test("rows wider than the first memory are summed too", () => {
  const sum = new Float32Array(20_000);
  makeRowSums().sum([new Int8Array(40_000).fill(3)], Float32Array.of(0.5, 1), sum);
  expect(sum.every((value) => value === 4.5)).toBe(true);
});
