import fc from "fast-check";
import { expect, test } from "vitest";
import { makeBound } from "./bound.ts";

test("a bound is kept whatever comes and goes, but for one alone; what leaves twice is counted once", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean(), fc.nat())), (steps) => {
      const bound = makeBound("things", 10);
      const inside: { amount: number; leave: () => void }[] = [];
      for (const [amount, goes, which] of steps) {
        const [one] = goes ? inside.splice(which % Math.max(1, inside.length), 1) : [];
        one?.leave();
        one?.leave();
        const taken = bound.taken;
        if (taken > 0 && taken + amount > 10) expect(() => bound.enter(amount)).toThrow("Too many things at once");
        else inside.push({ amount, leave: bound.enter(amount) });
        expect(bound.taken).toBe(inside.reduce((sum, { amount }) => sum + amount, 0));
        if (inside.length > 1) expect(bound.taken).toBeLessThanOrEqual(10);
      }
    }),
  );
});

test("who is refused is told to come back soon", () => {
  const bound = makeBound("things", 1);
  bound.enter(1);
  expect(() => bound.enter(1)).toThrow(
    expect.objectContaining({ code: "overloaded", details: { retryAfterSeconds: 1 } }) as Error,
  );
});
