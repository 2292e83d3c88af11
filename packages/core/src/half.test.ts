import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHalves, HALF_MAX, toHalves } from "./half.ts";

/** What the bits of a finite half mean, as IEEE 754 tells it. */
function valueOf(half: number): number {
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return half & 0x8000 ? -size : size;
}

const FINITE = Uint16Array.from({ length: 0x7c00 * 2 }, (_, i) => (i < 0x7c00 ? i : 0x8000 + i - 0x7c00));

test("every finite half is read as what it means and written as it was", () => {
  const values = fromHalves(FINITE);
  expect([...values]).toEqual(Array.from(FINITE, valueOf));
  expect(toHalves(values)).toEqual(FINITE);
});

test("any number becomes the nearest half, of two as near the even one, and what is too large the largest", () => {
  const any = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, min: -4, max: 4 }),
    fc.float({ noNaN: true, min: Math.fround(-1e-4), max: Math.fround(1e-4) }),
    // Right between two halves.
    fc.nat(0x7bfe).map((half) => Math.fround((valueOf(half) + valueOf(half + 1)) / 2)),
  );
  fc.assert(
    fc.property(any, (value) => {
      const [half = 0] = toHalves(Float32Array.of(value));
      const clamped = Math.max(-HALF_MAX, Math.min(HALF_MAX, value));
      const distance = Math.abs(valueOf(half) - clamped);
      const size = half & 0x7fff;
      for (const other of [size - 1, size + 1]) {
        if (other < 0 || other >= 0x7c00) continue;
        const otherDistance = Math.abs(valueOf((half & 0x8000) | other) - clamped);
        expect(distance).toBeLessThanOrEqual(otherDistance);
        if (distance === otherDistance) expect(size % 2).toBe(0);
      }
    }),
    { numRuns: 20_000 },
  );
});
