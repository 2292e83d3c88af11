import fc from "fast-check";
import { expect, it } from "vitest";
import { cleaner } from "./connection.ts";
import { lookFrom, type NumberMark } from "./horizon.ts";

it("a look begins at the newest number that every running transaction is later than", () => {
  const marks = [
    { atMs: 10, number: "1" },
    { atMs: 20, number: "5" },
    { atMs: 30, number: "9" },
  ];
  expect(lookFrom(marks, 9)).toEqual({ from: undefined, marks });
  expect(lookFrom(marks, 20)).toEqual({ from: "5", marks: marks.slice(1) });
  expect(lookFrom(marks, 99)).toEqual({ from: "9", marks: marks.slice(2) });
});

it("keeps few marks however long a transaction runs, and none of them is too late", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 2_000 }), fc.nat(4_000), (steps, horizonMs) => {
      let marks: readonly NumberMark[] = [];
      let atMs = 0;
      for (const step of steps) {
        atMs += step;
        const { from, marks: kept } = lookFrom([...marks, { atMs, number: String(atMs) }], Math.min(horizonMs, atMs));
        marks = kept;
        expect(from === undefined ? 0 : Number(from)).toBeLessThanOrEqual(Math.min(horizonMs, atMs));
      }
      expect(marks.length).toBeLessThanOrEqual(501);
    }),
    { numRuns: 50 },
  );
});

it("a password is taken out of a message, as it is written and as it is meant", () => {
  const clean = cleaner("postgres://me:s%40cret@host/db");
  expect(clean("postgres://me:s%40cret@host and s@cret")).toBe("postgres://me:***@host and ***");
});
