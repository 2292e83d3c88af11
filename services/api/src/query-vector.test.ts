import type { PolysemeError } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkVector } from "./query-vector.ts";

const number = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e-30, -1e-30, 1e30, 3.4e38, 1e-45, 0, 1),
);

describe("a vector that is searched for", () => {
  test("has length 1 and its own direction, however small or large its numbers are", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 8 }), (values) => {
        const floats = values.map(Math.fround);
        const largest = Math.max(...floats.map(Math.abs));
        fc.pre(largest > 0);
        const vector = checkVector(values, values.length);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
        const length = Math.hypot(...floats.map((value) => value / largest));
        for (const [i, value] of floats.entries()) expect(vector[i]).toBeCloseTo(value / largest / length, 5);
      }),
    );
  });

  test("is refused when it is of another length, infinite in 32 bits, no number, or all zeros", () => {
    const bad: [number[], number][] = [
      [[1, 2], 3],
      [[], 1],
      [[1e39], 1],
      [[Number.NaN], 1],
      [[0, -0], 2],
      [[1e-60, 0], 2],
    ];
    for (const [values, dimensions] of bad) {
      const refusal = expect.objectContaining({ code: "invalid", details: { field: "vector" } }) as PolysemeError;
      expect(() => checkVector(values, dimensions)).toThrow(refusal);
    }
  });
});
