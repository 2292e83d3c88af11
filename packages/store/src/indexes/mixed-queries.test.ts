import fc from "fast-check";
import { expect, test } from "vitest";
import { mixedQueries } from "./mixed-queries.ts";

const length = 8;
const stored = fc.array(
  fc
    .array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values)),
  { maxLength: 40 },
);
const norm = (vector: Float32Array): number => Math.hypot(...vector);

test("every three stored vectors make one query of unit length", () => {
  fc.assert(
    fc.property(stored, (vectors) => {
      const queries = mixedQueries(vectors);
      expect(queries).toHaveLength(vectors.length < 3 ? vectors.length : Math.floor(vectors.length / 3));
      if (vectors.length < 3) return;
      for (const query of queries) if (norm(query) > 0) expect(norm(query)).toBeCloseTo(1, 5);
    }),
  );
});

test("a query is as far from each of its three as the others are, whatever their lengths", () => {
  const axis = (d: number, size: number): Float32Array =>
    Float32Array.from({ length: 3 }, (_, i) => (i === d ? size : 0));
  const [query] = mixedQueries([axis(0, 1), axis(1, 5), axis(2, 0.1)]);
  for (const value of query ?? []) expect(value).toBeCloseTo(1 / Math.sqrt(3), 6);
});

test("vectors that cancel each other out make a query that can be asked", () => {
  const [query] = mixedQueries([Float32Array.of(1, 0), Float32Array.of(-1, 0), Float32Array.of(0, 0)]);
  expect(query?.every((value) => Number.isFinite(value))).toBe(true);
});
