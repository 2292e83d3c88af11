import { fromHalves, toHalves } from "@polyseme/core";
import { describe, expect, test } from "vitest";
import { centredCosines } from "./centred-cosines.ts";
import { directionOf, dot, meanOf, rowsOf, storedRow, unit } from "./unit-vectors.ts";

describe("the direction of words", () => {
  test("is a single word's own, whatever its length and weight", () => {
    const direction = directionOf([[3, 4]], [7]);
    expect(direction[0]).toBeCloseTo(0.6);
    expect(direction[1]).toBeCloseTo(0.8);
  });

  test("of several leans to those with more tokens and not to those with longer vectors", () => {
    const [x = 0, y = 0] = directionOf(
      [
        [100, 0],
        [0, 1],
      ],
      [1, 3],
    );
    expect(y / x).toBeCloseTo(3);
  });

  test("of stored bytes is that of the vector, at either precision", () => {
    const int8 = Buffer.from(Int8Array.of(0, 127, -127, 0).buffer);
    expect(dot(unit(storedRow(int8, "int8")), unit([0, 1, -1, 0]))).toBeCloseTo(1, 6);
    const halves = toHalves(Float32Array.of(0.5, -2, 0, 1));
    const bytes = Buffer.from(halves.buffer);
    expect([...(storedRow(bytes, "half") as Float32Array)]).toEqual([...fromHalves(halves)]);
  });

  test("of zeros is zeros", () => {
    expect([...unit([0, 0])]).toEqual([0, 0]);
  });
});

test("a mean is of the rows that are named", () => {
  const rows = rowsOf([Float32Array.of(1, 0), Float32Array.of(3, 2), Float32Array.of(100, 100)], 2);
  expect([...meanOf(rows, [0, 1])]).toEqual([2, 1]);
});

describe("centred cosines", () => {
  // Uses of one word: a large part in common, a small one of their sense.
  const use = (a: number, b: number): Float32Array => unit([1, a, b]);
  const uses = [use(0.2, 0), use(0.21, 0.01), use(-0.2, 0), use(-0.19, 0.01)];

  test("are near 1 in the same sense and below 0 in another, where plain cosines are all near 1", () => {
    const query = use(0.2, 0.005);
    const plain = uses.map((one) => dot(query, one));
    expect(Math.min(...plain)).toBeGreaterThan(0.9);
    const [a = 0, b = 0, c = 0, d = 0] = centredCosines(query, uses);
    expect(Math.min(a, b)).toBeGreaterThan(0.9);
    expect(Math.max(c, d)).toBeLessThan(0);
  });

  test("are plain cosines where there are too few uses for a mean", () => {
    const query = use(0.2, 0);
    const few = uses.slice(0, 3);
    expect([...centredCosines(query, few)]).toEqual([...Float32Array.from(few, (one) => dot(query, one))]);
  });
});
