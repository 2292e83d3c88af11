import { packTokens, unpackTokens } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packedCosines } from "./packed-cosines.ts";
import { unit } from "./unit-vectors.ts";

const DIMENSIONS = 32;
const vector = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS });

/** In double precision, of the vectors as they were before they were stored. */
function exactCosine(a: readonly number[], b: readonly number[]): number {
  const product = a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  return product / (Math.hypot(...a) * Math.hypot(...b));
}

describe("cosines with packed vectors", () => {
  for (const [precision, digits] of [
    ["int8", 0.02],
    ["half", 0.001],
  ] as const)
    test(`at ${precision} are those in double precision to within ${digits}`, () => {
      fc.assert(
        fc.property(vector, fc.array(vector, { minLength: 1, maxLength: 4 }), (query, vectors) => {
          fc.pre([query, ...vectors].every((one) => Math.hypot(...one) > 0.5));
          const numbers = Int32Array.from(vectors, (_, i) => i);
          const units = {
            starts: numbers,
            ends: numbers.map((i) => i + 1),
            pieces: numbers.map(() => 1),
            rows: numbers,
          };
          const bytes = packTokens(units, Float32Array.from(vectors.flat()), {
            precision,
            dimensions: DIMENSIONS,
            origin: 0,
          });
          const cosines = packedCosines(unit(query), unpackTokens(bytes, 0));
          for (const [i, one] of vectors.entries())
            expect(Math.abs((cosines[i] ?? 9) - exactCosine(query, one))).toBeLessThan(digits);
        }),
      );
    });

  test("are 0 for a vector of zeros", () => {
    const one = Int32Array.of(0);
    const units = { starts: one, ends: one, pieces: one, rows: one };
    const bytes = packTokens(units, new Float32Array(4), { precision: "int8", dimensions: 4, origin: 0 });
    expect([...packedCosines(Float32Array.of(1, 0, 0, 0), unpackTokens(bytes, 0))]).toEqual([0]);
  });
});
