import fc from "fast-check";
import { expect, test } from "vitest";
import { CPU_BUDGET, shareBudget, takeBatch, type BatchBudget, type WaitingItem } from "./pack.ts";

const item: fc.Arbitrary<WaitingItem> = fc.record({
  tokens: fc.integer({ min: 1, max: 512 }),
  arrivedMs: fc.integer({ min: 0, max: 1000 }),
  lane: fc.constantFrom("interactive", "bulk"),
  order: fc.integer({ min: 0, max: 3 }),
});
const budget: fc.Arbitrary<BatchBudget> = fc.record({
  maxTokens: fc.integer({ min: 1, max: 2000 }),
  maxItems: fc.integer({ min: 1, max: 70 }),
  maxAgeMs: fc.integer({ min: 0, max: 1000 }),
  runCostTokens: fc.integer({ min: 0, max: 600 }),
});
const waiting = fc.array(item, { maxLength: 200 });
const longestOf = (items: readonly WaitingItem[]): number => Math.max(...items.map(({ tokens }) => tokens));
const bulk = (tokens: number, arrivedMs = 0): WaitingItem => ({ tokens, arrivedMs, lane: "bulk", order: 0 });
const interactive = (tokens: number, arrivedMs = 0): WaitingItem => ({
  tokens,
  arrivedMs,
  lane: "interactive",
  order: 0,
});

test("a batch keeps the budget unless it is one text alone", () => {
  fc.assert(
    fc.property(waiting, budget, (items, limits) => {
      const batch = takeBatch(items, limits, 1000);
      expect(batch.length).toBeLessThanOrEqual(limits.maxItems);
      if (batch.length > 1) expect(longestOf(batch) * batch.length).toBeLessThanOrEqual(limits.maxTokens);
    }),
  );
});

test("batch after batch, every text is taken exactly once", () => {
  fc.assert(
    fc.property(waiting, budget, (items, limits) => {
      const left = new Set(items);
      while (left.size > 0) {
        const batch = takeBatch([...left], limits, 1000);
        expect(batch.length).toBeGreaterThan(0);
        for (const taken of batch) expect(left.delete(taken)).toBe(true);
      }
      expect(takeBatch([], limits, 1000)).toEqual([]);
    }),
  );
});

test("the first text of the batch's lane is always in the batch: of the lowest order, the oldest", () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 200 }), budget, fc.nat(2000), (items, limits, now) => {
      const batch = takeBatch(items, limits, now);
      const lane = batch[0]?.lane;
      const ofLane = items.filter((one) => one.lane === lane);
      const lowest = Math.min(...ofLane.map(({ order }) => order));
      const oldest = Math.min(...ofLane.filter(({ order }) => order === lowest).map(({ arrivedMs }) => arrivedMs));
      expect(batch.some((one) => one.order === lowest && one.arrivedMs === oldest)).toBe(true);
      expect(new Set(batch.map((one) => one.lane)).size).toBe(1);
    }),
  );
});

test("with a thousand random lengths waiting, padding stays below 5 % until the last few batches", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 4, max: 256 }), { minLength: 1000, maxLength: 1000 }), (lengths) => {
      const left = new Set(lengths.map((tokens, index) => bulk(tokens, index)));
      let tokens = 0;
      let padded = 0;
      while (left.size > 200) {
        const batch = takeBatch([...left], CPU_BUDGET, 1000);
        for (const taken of batch) left.delete(taken);
        tokens += batch.reduce((sum, taken) => sum + taken.tokens, 0);
        padded += longestOf(batch) * batch.length;
      }
      expect(tokens / padded).toBeGreaterThan(0.95);
    }),
    { numRuns: 20 },
  );
});

test("two texts of very different length run apart, as padding one costs more than a run", () => {
  expect(takeBatch([bulk(256, 0), bulk(5, 1)], CPU_BUDGET, 2)).toEqual([bulk(256, 0)]);
});

test("a text larger than the budget goes alone", () => {
  const large = bulk(5000, 0);
  expect(takeBatch([large, bulk(5000, 1), bulk(10, 2)], CPU_BUDGET, 3)).toEqual([large]);
});

test("an interactive text goes before a bulk backlog, however old that is", () => {
  expect(takeBatch([bulk(9, 0), interactive(9, 100_000)], CPU_BUDGET, 100_000, 99_900)).toEqual([
    interactive(9, 100_000),
  ]);
});

test("bulk gets a batch once it has gone without one for longer than the age bound", () => {
  const late = 100_000 + CPU_BUDGET.maxAgeMs + 1;
  expect(takeBatch([bulk(9, 0), interactive(9, late)], CPU_BUDGET, late, 100_000)).toEqual([bulk(9, 0)]);
});

test("a few waiting texts are spread over the free workers", () => {
  expect(shareBudget(CPU_BUDGET, 1000, 2).maxTokens).toBe(500);
  expect(shareBudget(CPU_BUDGET, 100, 2).maxTokens).toBe(256);
  expect(shareBudget(CPU_BUDGET, 100_000, 2).maxTokens).toBe(CPU_BUDGET.maxTokens);
});
