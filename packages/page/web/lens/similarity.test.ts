import fc from "fast-check";
import { expect, test } from "vitest";
import { cosine, cosineMatrix } from "./similarity.ts";

const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-9), max: 9 }), {
  minLength: 1,
  maxLength: 384,
});

test("a vector with itself is exactly 1, not nearly", () => {
  fc.assert(
    fc.property(numbers, (vector) => {
      fc.pre(vector.some((value) => Math.abs(value) > 1e-6));
      expect(cosine(vector, [...vector])).toBe(1);
    }),
  );
});

test("right angles are 0, opposites -1, and what has no direction is like nothing", () => {
  expect(cosine([1, 0], [0, 2])).toBe(0);
  expect(cosine([1, 2], [-1, -2])).toBe(-1);
  expect(cosine([0, 0], [1, 1])).toBe(0);
});

test("the matrix holds every pair, the same both ways round", () => {
  const vectors = [
    [1, 0],
    [1, 1],
    [0, 3],
  ];
  const half = Math.SQRT1_2;
  expect(cosineMatrix(vectors).map((row) => row.map((value) => Number(value.toFixed(12))))).toEqual(
    [
      [1, half, 0],
      [half, 1, half],
      [0, half, 1],
    ].map((row) => row.map((value) => Number(value.toFixed(12)))),
  );
});
