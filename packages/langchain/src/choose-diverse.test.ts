import { maximalMarginalRelevance } from "@langchain/core/utils/math";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseDiverse } from "./choose-diverse.ts";

const unit = fc
  .array(fc.integer({ min: -100, max: 100 }), { minLength: 3, maxLength: 3 })
  .filter((values) => values.some((value) => value !== 0))
  .map((values) => {
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  });
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

test("the same are chosen as by LangChain's own function, which is given the query's vector", () => {
  fc.assert(
    fc.property(
      unit,
      fc.uniqueArray(unit, { minLength: 1, maxLength: 8, selector: String }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(0.25, 0.5, 0.75),
      (query, vectors, k, lambda) => {
        const candidates = vectors.map((vector) => ({ score: dot(query, vector), vector }));
        const ours = chooseDiverse(candidates, k, lambda);
        expect(new Set(ours).size).toBe(Math.min(k, vectors.length));
        const theirs = maximalMarginalRelevance(query, vectors, lambda, k);
        // Where two are worth the same, rounding decides.
        if (isClear(candidates, ours, lambda)) expect(ours).toEqual(theirs);
      },
    ),
    { numRuns: 200 },
  );
});

/** Whether each choice was ahead of the next best by more than rounding. */
function isClear(candidates: { score: number; vector: number[] }[], chosen: number[], lambda: number): boolean {
  return chosen.every((_, step) => {
    const before = chosen.slice(0, step);
    const worths = candidates
      .flatMap(({ score, vector }, index) => {
        if (before.includes(index)) return [];
        const near = Math.max(...before.map((one) => dot(vector, candidates[one]?.vector ?? [])));
        return [lambda * score - (1 - lambda) * (before.length === 0 ? 0 : near)];
      })
      .sort((a, b) => b - a);
    return worths.length < 2 || (worths[0] ?? 0) - (worths[1] ?? 0) > 1e-6;
  });
}

test("of two that are alike only one is chosen while something else is near enough", () => {
  const candidates = [
    { score: 0.9, vector: [1, 0] },
    { score: 0.89, vector: [0.999, 0.0447] },
    { score: 0.6, vector: [0, 1] },
  ];
  expect(chooseDiverse(candidates, 2, 0.5)).toEqual([0, 2]);
  expect(chooseDiverse(candidates, 2, 1)).toEqual([0, 1]);
});
