import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrapMean, pairedDifference } from "./bootstrap.ts";
import { ndcgAt } from "./ndcg.ts";
import { percentile } from "./percentile.ts";
import { recallAt } from "./recall.ts";
import { reciprocalRankAt } from "./reciprocal-rank.ts";

const grades = (entries: Record<string, number>): Map<string, number> => new Map(Object.entries(entries));

/** A ranking without repetition and grades for some of it and for documents that it lacks. */
const judged = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 25 }).chain((ids) =>
  fc.record({
    ranked: fc.shuffledSubarray(ids),
    grades: fc
      .array(fc.nat(4), { minLength: ids.length, maxLength: ids.length })
      .map((all) => new Map(ids.map((id, i) => [id, all[i] ?? 0]))),
    k: fc.integer({ min: 1, max: 30 }),
  }),
);

describe("nDCG", () => {
  test("has the values that are reckoned by hand", () => {
    // One relevant document at place 3: 1 / log2(4).
    expect(ndcgAt(10, ["x", "y", "a"], grades({ a: 1 }))).toBeCloseTo(0.5, 12);
    // Gains 3, 0, 2 at places 1, 2, 3; at best 3, 2, 1: (3 + 2 / 2) / (3 + 2 / log2(3) + 1 / 2).
    expect(ndcgAt(10, ["a", "x", "b"], grades({ a: 3, b: 2, c: 1 }))).toBeCloseTo(4 / 4.761_859_507, 8);
    // The same cut at 2: 3 / (3 + 2 / log2(3)).
    expect(ndcgAt(2, ["a", "x", "b"], grades({ a: 3, b: 2, c: 1 }))).toBeCloseTo(3 / 4.261_859_507, 8);
  });

  test("is 1 for the best order, 0 for nothing relevant, and never leaves 0 to 1", () => {
    fc.assert(
      fc.property(judged, ({ ranked, grades: all, k }) => {
        const value = ndcgAt(k, ranked, all);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
        const best = [...all.keys()].sort((a, b) => (all.get(b) ?? 0) - (all.get(a) ?? 0));
        const isAnswerable = [...all.values()].some((grade) => grade > 0);
        expect(ndcgAt(k, best, all)).toBeCloseTo(isAnswerable ? 1 : 0, 12);
      }),
    );
  });

  test("falls when a better document changes places with a worse one above it", () => {
    fc.assert(
      fc.property(judged, ({ ranked, grades: all, k }) => {
        const grade = (id: string | undefined): number => all.get(id ?? "") ?? 0;
        const place = ranked.findIndex((id, i) => i + 1 < ranked.length && grade(id) > grade(ranked[i + 1]));
        fc.pre(place !== -1 && place < k);
        const worse = [...ranked];
        [worse[place], worse[place + 1]] = [ranked[place + 1] ?? "", ranked[place] ?? ""];
        expect(ndcgAt(k, worse, all)).toBeLessThan(ndcgAt(k, ranked, all));
      }),
    );
  });

  test("counts a document that comes twice only once", () => {
    expect(ndcgAt(10, ["a", "a", "b"], grades({ a: 1, b: 1 }))).toBeCloseTo(1.5 / 1.630_929_754, 8);
  });
});

test("recall is the share of the relevant documents among the first k, whatever their order and grade", () => {
  expect(recallAt(2, ["a", "x", "b"], grades({ a: 1, b: 3, c: 1, d: 0 }))).toBeCloseTo(1 / 3, 12);
  expect(recallAt(3, ["b", "a", "x"], grades({ a: 1, b: 3, c: 1, d: 0 }))).toBeCloseTo(2 / 3, 12);
  expect(recallAt(3, ["a", "a", "a"], grades({ a: 1, b: 1 }))).toBe(0.5);
  expect(recallAt(3, ["d"], grades({ d: 0 }))).toBe(0);
  fc.assert(
    fc.property(judged, ({ ranked, grades: all, k }) => {
      expect(recallAt(k + 1, ranked, all)).toBeGreaterThanOrEqual(recallAt(k, ranked, all));
      expect(recallAt(k, [...ranked.slice(0, k)].reverse(), all)).toBe(recallAt(k, ranked, all));
    }),
  );
});

test("the reciprocal rank is one over the first relevant place, and 0 beyond the cut", () => {
  expect(reciprocalRankAt(10, ["x", "a", "b"], grades({ a: 1, b: 5 }))).toBe(0.5);
  expect(reciprocalRankAt(1, ["x", "a"], grades({ a: 1 }))).toBe(0);
  expect(reciprocalRankAt(10, ["x", "d"], grades({ a: 1, d: 0 }))).toBe(0);
});

describe("the bootstrap interval", () => {
  test("holds the mean, is the same each time, and has no width when all values are the same", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (values) => {
        const { mean, low, high } = bootstrapMean(values);
        expect(low).toBeLessThanOrEqual(mean + 1e-9);
        expect(high).toBeGreaterThanOrEqual(mean - 1e-9);
        expect(bootstrapMean(values)).toEqual({ mean, low, high });
      }),
      { numRuns: 30 },
    );
    expect(bootstrapMean([0.25, 0.25, 0.25])).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
    expect(bootstrapMean([])).toEqual({ mean: NaN, low: NaN, high: NaN });
  });

  test("is about as wide as the normal approximation says for many values", () => {
    const values = Array.from({ length: 400 }, (_, i) => i % 2);
    const { low, high } = bootstrapMean(values);
    // 2 × 1.96 × 0.5 / √400
    expect(high - low).toBeGreaterThan(0.088);
    expect(high - low).toBeLessThan(0.108);
  });

  test("of paired differences leaves out what both have in common", () => {
    const hard = Array.from({ length: 50 }, (_, i) => (i % 10) / 10);
    const better = hard.map((value) => value + 0.05);
    const { mean, low, high } = pairedDifference(hard, better);
    expect([mean, low, high].map((value) => value.toFixed(6))).toEqual(["0.050000", "0.050000", "0.050000"]);
    expect(() => pairedDifference([1], [1, 2])).toThrow(RangeError);
  });
});

test("percentiles are by the nearest rank", () => {
  expect([0.5, 0.99, 0, 1].map((p) => percentile([4, 1, 3, 2], p))).toEqual([2, 4, 1, 4]);
  expect(percentile([], 0.5)).toBeNaN();
});
