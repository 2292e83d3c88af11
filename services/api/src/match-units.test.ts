import { packTokens, tokenVectors, unpackTokens, type TokenPrecision } from "@polyseme/core";
import { openRowProducts } from "@polyseme/encoder";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { matchUnits, maxSim, wordRows, type ComparedChunk } from "./match-units.ts";
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

function comparedOf(vectors: readonly number[][], text: string, precision: TokenPrecision): ComparedChunk {
  const tokens = packed(vectors, text, precision);
  return { packed: tokens, isWordRow: wordRows(tokens, text, 0) };
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
    test(`at ${precision} have the cosines that double precision gives, and none is much nearer, whatever is compared beside`, async () => {
      await fc.assert(
        fc.asyncProperty(
          vectorsOf(6),
          fc.array(vectorsOf(12), { minLength: 1, maxLength: 4 }),
          async (query, vectors) => {
            const chunks = vectors.map((rows) => comparedOf(rows, "w".repeat(rows.length), precision));
            const matches = await matchUnits(products, queriesOf(query, []), chunks);
            expect(matches).toHaveLength(chunks.length);
            for (const [i, chunk] of chunks.entries()) {
              const { rows = [], similarities = new Float64Array() } = matches[i] ?? {};
              const stored = tokenVectors(chunk.packed);
              const means: number[] = [];
              for (const [q, vector] of query.entries()) {
                const cosines = (vectors[i] ?? []).map((_, row) =>
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
            }
          },
        ),
        { numRuns: 100 },
      );
    });

  const full = (value: number): number[] => new Array<number>(DIMENSIONS).fill(value);
  const [same, other] = [full(1), full(1).map((value, i) => (i < 3 ? -value : value))];

  test("to a word are words, to a sign anything", async () => {
    const text = ".w";
    const chunk = comparedOf([same, other], text, "int8");
    const [found] = await matchUnits(products, queriesOf([same, same], [true, false]), [chunk]);
    expect([...(found?.rows ?? [])]).toEqual([1, 0]);
  });

  test("of a chunk without words are signs, and of equal ones the first", async () => {
    const chunk = comparedOf([other, same, same], "...", "int8");
    const [found] = await matchUnits(products, queriesOf([same], []), [chunk]);
    expect([...(found?.rows ?? [])]).toEqual([1]);
    expect(found?.similarities[0]).toBeCloseTo(1, 6);
  });

  test("of a chunk without vectors are none", async () => {
    const [chunk, beside] = [comparedOf([], "", "int8"), comparedOf([same], "w", "int8")];
    const found = await matchUnits(products, queriesOf([same], []), [chunk, beside, chunk]);
    expect(found.map(({ rows, similarities }) => [...rows, ...similarities])).toEqual([
      [-1, 0],
      [0, expect.closeTo(1, 6)],
      [-1, 0],
    ]);
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
