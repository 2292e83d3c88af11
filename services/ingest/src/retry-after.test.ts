import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryAfterSeconds } from "./retry-after.ts";

describe("the seconds until a refused caller finds room", () => {
  test("are whole, from 1 to 300, and never less than the drain takes", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (drain, random) => {
        const seconds = retryAfterSeconds(drain, random);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(300);
        if (drain <= 300) expect(seconds).toBeGreaterThanOrEqual(drain);
      }),
    );
  });

  test("are what the drain takes and up to a quarter more, so that callers do not come back together", () => {
    expect([0, 0.5, 1].map((random) => retryAfterSeconds(40, random))).toEqual([40, 45, 50]);
    expect([0, 1].map((random) => retryAfterSeconds(0.2, random))).toEqual([1, 2]);
  });

  test("are half a minute when nobody embeds", () => {
    expect(retryAfterSeconds(Infinity, 0)).toBe(30);
  });
});
