import { packTokens, tokenVectors, unpackTokens, type TokenPrecision } from "@polyseme/core";
import { openRowProducts } from "@polyseme/encoder";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { matchUnits, maxSim, wordRows } from "./match-units.ts";
import { unitQueries } from "./query-units.ts";

const DIMENSIONS = 16;
const products = openRowProducts();
afterAll(() => products.close());

const vectorsOf = (most: number): fc.Arbitrary<number[][]> =>
  fc.array(
    fc.array(
      fc.integer({ min: -3_000, max: 3_000 }).map((value) => value / 1_000),
      { minLength: DIMENSIONS, maxLength: DIMENSIONS },
    ),
    {
      minLength: 1,
      maxLength: most,
    },
  );

function packed(vectors: readonly number[][], text: string, precision: TokenPrecision) {
  const rows = Int32Array.from(vectors, (_, i) => i);
  const units = { starts: rows, ends: rows.map((i) => i + 1), pieces: rows.map(() => 1), rows };
  expect(text).toHaveLength(vectors.length);
  return unpackTokens(
    packTokens(units, Float32Array.from(vectors.flat()), { precision, dimensions: DIMENSIONS, origin: 0 }),
    0,
  );
}

function queriesOf(vectors: readonly number[][], isWord: readonly boolean[]) {
  const entries = vectors.map((_, i) => ({ text: "", start: 0, end: 0, special: false, isWord: isWord[i] ?? true }));
  const units = vectors.map((_, i) => i);
  const flat = Float32Array.from(vectors.flat());
  const query = { entries, units, vectors: flat, contributions: new Float64Array(), dimensions: DIMENSIONS };
  return unitQueries(query, units);
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < DIMENSIONS; i += 1) {
    dot += (a[i] ?? 0) * (b[i] ?? 0);
    aa += (a[i] ?? 0) ** 2;
    bb += (b[i] ?? 0) ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

describe("the nearest rows of a chunk", () => {
  for (const precision of ["int8", "half"] as const)
    test(`at ${precision} have the cosines that double precision gives, and none is much nearer`, async () => {
      await fc.assert(
        fc.asyncProperty(vectorsOf(6), vectorsOf(12), async (query, chunk) => {
          const tokens = packed(chunk, "w".repeat(chunk.length), precision);
          const stored = tokenVectors(tokens);
          const all = wordRows(tokens, "w".repeat(chunk.length), 0);
          const { rows, similarities } = await matchUnits(products, queriesOf(query, []), tokens, all);
          const means: number[] = [];
          for (const [q, vector] of query.entries()) {
            const cosines = chunk.map((_, row) =>
              cosine(Float32Array.from(vector), stored.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)),
            );
            const best = Math.max(...cosines);
            const chosen = rows[q] ?? -1;
            expect(Math.abs((similarities[q] ?? NaN) - (cosines[chosen] ?? NaN))).toBeLessThan(1e-3);
            expect(best - (cosines[chosen] ?? NaN)).toBeLessThan(0.02);
            means.push(best);
          }
          const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
          expect(Math.abs(maxSim(similarities) - mean)).toBeLessThan(0.02);
        }),
        { numRuns: 100 },
      );
    });

  const full = (value: number): number[] => new Array<number>(DIMENSIONS).fill(value);
  const [same, other] = [full(1), full(1).map((value, i) => (i < 3 ? -value : value))];

  test("to a word are words, to a sign anything", async () => {
    const text = ".w";
    const tokens = packed([same, other], text, "int8");
    const { rows } = await matchUnits(
      products,
      queriesOf([same, same], [true, false]),
      tokens,
      wordRows(tokens, text, 0),
    );
    expect([...rows]).toEqual([1, 0]);
  });

  test("of a chunk without words are signs, and of equal ones the first", async () => {
    const tokens = packed([other, same, same], "...", "int8");
    const { rows, similarities } = await matchUnits(
      products,
      queriesOf([same], []),
      tokens,
      wordRows(tokens, "...", 0),
    );
    expect([...rows]).toEqual([1]);
    expect(similarities[0]).toBeCloseTo(1, 6);
  });

  test("of a chunk without vectors are none", async () => {
    const tokens = packed([], "", "int8");
    const { rows, similarities } = await matchUnits(products, queriesOf([same], []), tokens, wordRows(tokens, "", 0));
    expect([[...rows], [...similarities]]).toEqual([[-1], [0]]);
  });
});

test("a row is a word's when one of its units has a letter or a digit of any script", () => {
  const text = "a.9λ水ا🙂";
  const starts = Int32Array.from([0, 1, 2, 3, 4, 5, 6]);
  const ends = Int32Array.from([1, 2, 3, 4, 5, 6, 8]);
  const units = { starts, ends, pieces: starts, rows: starts };
  const tokens = { precision: "int8" as const, dimensions: 1, values: new Int8Array(7), scales: new Float32Array(7) };
  const norms = new Float32Array(7);
  expect([...wordRows({ ...tokens, units, norms }, text, 0)]).toEqual([1, 0, 1, 1, 1, 1, 0]);
  const shared = { ...units, rows: Int32Array.from([0, 0, 1, 1, 1, 1, 2]) };
  expect([...wordRows({ ...tokens, units: shared, norms: norms.subarray(0, 3) }, text, 0)]).toEqual([1, 1, 0]);
});
