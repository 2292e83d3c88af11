import type { EncodedText, ModelInfo } from "@polyseme/encoder";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queryUnits, rankedUnits } from "./query-units.ts";
import { scoreParts, sharesOf } from "./score-parts.ts";

const DIMENSIONS = 4;
const POOLINGS: readonly ModelInfo["pooling"][] = ["mean", "max", "cls", "last"];

/** Words of one letter with a space between, as a BERT tokenizer would give them. */
function encodedText(words: number, values: readonly number[]): { text: string; encoded: EncodedText } {
  const text = Array.from({ length: words }, () => "w").join(" ");
  const tokens = words + 2;
  const contextual = Float32Array.from({ length: tokens * DIMENSIONS }, (_, i) => values[i % values.length] ?? 0);
  const at = (i: number): number => (i === 0 ? 0 : i === tokens - 1 ? text.length : 2 * (i - 1));
  const special = Uint8Array.from({ length: tokens }, (_, i) => (i === 0 || i === tokens - 1 ? 1 : 0));
  const starts = Int32Array.from({ length: tokens }, (_, i) => at(i));
  const ends = Int32Array.from({ length: tokens }, (_, i) => at(i) + (special[i] === 1 ? 0 : 1));
  const ids = new Int32Array(tokens);
  return {
    text,
    encoded: {
      tokens: { ids, starts, ends, special, truncated: false },
      encoded: { contextual, timing: { queuedMs: 0, encodeMs: 0 } },
    },
  };
}

/** The embedding as the model would pool it, in double precision. */
function pooled(contextual: Float32Array, pooling: ModelInfo["pooling"]): number[] {
  const tokens = contextual.length / DIMENSIONS;
  const column = (d: number): number[] => Array.from({ length: tokens }, (_, t) => contextual[t * DIMENSIONS + d] ?? 0);
  const raw = Array.from({ length: DIMENSIONS }, (_, d) => {
    const values = column(d);
    if (pooling === "cls") return values[0] ?? 0;
    if (pooling === "last") return values.at(-1) ?? 0;
    return pooling === "max" ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0);
  });
  const length = Math.hypot(...raw);
  return raw.map((value) => (length === 0 ? 0 : value / length));
}

const values = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 5, maxLength: 41 });
const embedding = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), {
  minLength: DIMENSIONS,
  maxLength: DIMENSIONS,
});

describe("parts of a score", () => {
  for (const pooling of POOLINGS)
    test(`add up to the cosine with the pooled query where the model pools by ${pooling}`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 9 }), values, embedding, (words, numbers, chunk) => {
          const { text, encoded } = encodedText(words, numbers);
          const query = queryUnits(text, encoded, { tokenDimensions: DIMENSIONS, pooling }, () => "[S]");
          const parts = scoreParts(query, Float32Array.from(chunk));
          const expected = pooled(encoded.encoded.contextual ?? new Float32Array(), pooling).reduce(
            (sum, value, d) => sum + value * (chunk[d] ?? 0),
            0,
          );
          expect(parts).toHaveLength(words + 2);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(expected, 6);
        }),
      );
    });
});

const signed = fc.double({ min: -1, max: 1, noNaN: true });

test("shares are 0 to 1 and add up to 1 whatever the parts are, unless there are none", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(signed, signed), { minLength: 1, maxLength: 300 }), (pairs) => {
      const shares = sharesOf(
        pairs.map(([part]) => part),
        pairs.map(([, similarity]) => similarity),
      );
      expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1)).toBeLessThan(1e-9);
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    }),
  );
  expect(sharesOf([], [])).toEqual([]);
});

test("shares are those of the positive parts, else of the positive similarities, else the same for all", () => {
  expect(sharesOf([0.3, -0.2, 0.1], [0, 1, 0])).toEqual([0.3 / 0.4, 0, 0.1 / 0.4]);
  expect(sharesOf([0, -0.2], [0.5, 0.5])).toEqual([0.5, 0.5]);
  expect(sharesOf([0, 0], [-1, 0])).toEqual([0.5, 0.5]);
});

test("signs are left out of what is ranked by, unless there is nothing else", () => {
  const entry = (text: string, special = false) => ({ text, start: 0, end: 0, special, isWord: /\w/.test(text) });
  const query = { vectors: new Float32Array(), contributions: new Float64Array(), dimensions: 1 };
  const entries = [entry("[CLS]", true), entry("what"), entry("?")];
  expect(rankedUnits({ ...query, entries, units: [1, 2] })).toEqual([0]);
  expect(rankedUnits({ ...query, entries: [entry("?")], units: [0] })).toEqual([0]);
});
