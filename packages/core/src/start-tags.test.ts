import fc from "fast-check";
import { expect, test } from "vitest";
import { makeStartTags, type Flow } from "./start-tags.ts";

const flow = (key: string, weight = 1): Flow => ({ key, weight });

test("flows that always wait are served in proportion to their weights, within a piece of each, and in their own order", () => {
  const kind = fc.record({
    weight: fc.integer({ min: 1, max: 10 }),
    costs: fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(kind, { minLength: 2, maxLength: 5 }), (kinds) => {
      const tags = makeStartTags();
      const waiting = kinds.map(({ weight, costs }, key) =>
        Array.from({ length: 50 }, (_, i) => {
          const cost = costs[i % costs.length] ?? 1;
          return { cost, tag: tags.next(flow(String(key), weight), cost) };
        }),
      );
      const had = kinds.map(() => 0);
      for (const line of waiting)
        expect(line.map(({ tag }) => tag)).toEqual(line.map(({ tag }) => tag).sort((a, b) => a - b));
      while (waiting.every((line) => line.length > 0)) {
        const next = waiting.reduce((a, b) => ((b[0]?.tag ?? 0) < (a[0]?.tag ?? 0) ? b : a));
        const piece = next.shift();
        tags.reached(piece?.tag ?? 0);
        const key = waiting.indexOf(next);
        had[key] = (had[key] ?? 0) + (piece?.cost ?? 0);
        const normal = kinds.map(({ weight }, i) => (had[i] ?? 0) / weight);
        const largest = kinds.map(({ weight, costs }) => Math.max(...costs) / weight).sort((a, b) => b - a);
        const slack = (largest[0] ?? 0) + (largest[1] ?? 0);
        expect(Math.max(...normal) - Math.min(...normal)).toBeLessThanOrEqual(slack + 1e-9);
      }
    }),
  );
});

test("a flow that comes later begins at the virtual time: next, and with nothing saved up", () => {
  const tags = makeStartTags();
  const busy = Array.from({ length: 10 }, () => tags.next(flow("busy"), 10));
  tags.reached(busy[4] ?? 0);
  expect([tags.next(flow("late"), 10), tags.next(flow("late"), 10)]).toEqual([busy[4], busy[5]]);
  tags.clear();
  expect(tags.next(flow("busy"), 10)).toBe(0);
});

test("flows whose turn has passed are forgotten", () => {
  const tags = makeStartTags();
  for (let i = 0; i < 10_000; i += 1) tags.reached(tags.next(flow(String(i)), 1) + 1);
  expect(tags.size).toBeLessThan(200);
});
