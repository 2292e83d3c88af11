import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packTokens, tokenVectors, unpackTokens, type TokenUnits } from "./packed-tokens.ts";

const DIMENSIONS = 6;

const unit = fc.record({ gap: fc.nat(300), length: fc.nat(40), pieces: fc.integer({ min: 1, max: 9 }) });
const row = fc.array(fc.float({ noNaN: true, min: -50, max: 50 }), { minLength: DIMENSIONS, maxLength: DIMENSIONS });
const chunk = fc
  .record({
    origin: fc.nat(1_000_000),
    parts: fc.array(unit, { maxLength: 60 }),
    rows: fc.array(row, { minLength: 1 }),
  })
  .map(({ origin, parts, rows }) => {
    const units: TokenUnits = {
      starts: new Int32Array(parts.length),
      ends: new Int32Array(parts.length),
      pieces: Int32Array.from(parts, ({ pieces }) => pieces),
      rows: Int32Array.from(parts, (_, i) => i % rows.length),
    };
    let at = origin;
    for (const [i, { gap, length }] of parts.entries()) {
      units.starts[i] = at + gap;
      at += gap + length;
      units.ends[i] = at;
    }
    return { origin, units, vectors: Float32Array.from(rows.flat()) };
  });

describe("packed token vectors", () => {
  test.each(["int8", "half"] as const)("give back every unit and, at %s, vectors as near as it holds", (precision) => {
    fc.assert(
      fc.property(chunk, fc.nat(3), ({ origin, units, vectors }, shift) => {
        const bytes = packTokens(units, vectors, { precision, dimensions: DIMENSIONS, origin });
        // A column's value begins at any byte of the packet that brought it.
        const moved = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
        const back = unpackTokens(moved, origin);
        expect(back.units).toEqual(units);
        const values = tokenVectors(back);
        expect(values).toHaveLength(vectors.length);
        for (const [i, value] of vectors.entries()) {
          const first = Math.floor(i / DIMENSIONS) * DIMENSIONS;
          const largest = Math.max(...vectors.subarray(first, first + DIMENSIONS).map(Math.abs));
          const step = precision === "int8" ? largest / 254 : Math.abs(value) / 2048 + 2 ** -25;
          expect(Math.abs((values[i] ?? 0) - value)).toBeLessThanOrEqual(step * 1.001);
        }
        for (const [i, norm] of back.norms.entries())
          expect(norm).toBeCloseTo(Math.hypot(...values.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS)), 3);
      }),
    );
  });

  test("are the same bytes wherever in the document the chunk lies", () => {
    const at = (origin: number): Buffer =>
      packTokens(
        {
          starts: Int32Array.of(origin + 2),
          ends: Int32Array.of(origin + 7),
          pieces: Int32Array.of(1),
          rows: Int32Array.of(0),
        },
        Float32Array.of(1, 2, 3),
        { precision: "int8", dimensions: 3, origin },
      );
    expect(at(0).equals(at(9_000))).toBe(true);
  });

  test("that are cut anywhere are refused", () => {
    const whole = packTokens(
      {
        starts: Int32Array.of(0, 4),
        ends: Int32Array.of(3, 9),
        pieces: Int32Array.of(1, 2),
        rows: Int32Array.of(0, 1),
      },
      Float32Array.of(1, 2, 3, 4),
      { precision: "half", dimensions: 2, origin: 0 },
    );
    for (let length = 0; length < whole.length; length += 1)
      expect(() => unpackTokens(whole.subarray(0, length), 0)).toThrow(Error);
    expect(() => unpackTokens(Buffer.from([9, ...whole.subarray(1)]), 0)).toThrow("Not a packed value");
  });

  test("take half a byte a dimension and some ten bytes a word where two share a vector", () => {
    const words = 100;
    const dimensions = 384;
    const units = {
      starts: Int32Array.from({ length: words }, (_, i) => 6 * i),
      ends: Int32Array.from({ length: words }, (_, i) => 6 * i + 5),
      pieces: new Int32Array(words).fill(1),
      rows: Int32Array.from({ length: words }, (_, i) => i >> 1),
    };
    const vectors = new Float32Array((words / 2) * dimensions).fill(0.5);
    const bytes = packTokens(units, vectors, { precision: "int8", dimensions, origin: 0 });
    expect(bytes.length / words).toBeLessThan(0.5 * dimensions + 10);
  });
});
