import { toHalves } from "@polyseme/core";
import { afterAll, describe, expect, test } from "vitest";
import { openRowProducts, productQueries } from "./row-products.ts";

const products = openRowProducts();
afterAll(() => products.close());

/** Numbers between -1 and 1 by a fixed sequence. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  });
}

/** [rows, queries] in double precision. */
function reference(rows: ArrayLike<number>, queries: Float32Array, dimensions: number): number[] {
  const result: number[] = [];
  for (let row = 0; row < rows.length / dimensions; row += 1)
    for (let query = 0; query < queries.length / dimensions; query += 1) {
      let sum = 0;
      for (let d = 0; d < dimensions; d += 1)
        sum += (rows[row * dimensions + d] ?? 0) * (queries[query * dimensions + d] ?? 0);
      result.push(sum);
    }
  return result;
}

describe("products of rows with queries", () => {
  test("of int8 rows are those in double precision but for the rounding of queries to 63 steps", async () => {
    const dimensions = 384;
    const queries = numbers(5 * dimensions, 1);
    const rows = Int8Array.from(numbers(40 * dimensions, 2), (value) => Math.round(value * 127));
    const found = await products.multiply(rows, productQueries(queries, dimensions));
    // Each of 384 terms is off by at most half a step times 127, and they go both ways.
    const expected = reference(rows, queries, dimensions);
    expect(found).toHaveLength(200);
    for (const [i, value] of expected.entries()) expect(Math.abs((found[i] ?? NaN) - value)).toBeLessThan(60);
  });

  test("are whole at the largest values, where the kernels of some CPUs would cut sums off", async () => {
    const dimensions = 768;
    const rows = new Int8Array(2 * dimensions).fill(127, 0, dimensions).fill(-127, dimensions);
    const queries = new Float32Array(2 * dimensions).fill(2, 0, dimensions).fill(-2, dimensions);
    const found = await products.multiply(rows, productQueries(queries, dimensions));
    const most = 127 * 2 * dimensions;
    expect([...found].map((value) => Math.round(value))).toEqual([most, -most, -most, most]);
  });

  test("of halves are those in double precision", async () => {
    const dimensions = 32;
    const queries = numbers(3 * dimensions, 3);
    const values = numbers(7 * dimensions, 4);
    const found = await products.multiply(toHalves(values), productQueries(queries, dimensions));
    for (const [i, value] of reference(values, queries, dimensions).entries()) expect(found[i]).toBeCloseTo(value, 2);
  });

  test("of more rows than fit a run are all there", async () => {
    const dimensions = 1_024;
    const queries = numbers(200 * dimensions, 5);
    const rows = Int8Array.from(numbers(200 * dimensions, 6), (value) => Math.round(value * 127));
    const prepared = productQueries(queries, dimensions);
    const whole = await products.multiply(rows, prepared);
    const last = await products.multiply(rows.slice(-dimensions), prepared);
    expect(whole).toHaveLength(200 * 200);
    expect(whole.slice(-200)).toEqual(last);
  });

  test("of nothing are nothing", async () => {
    const none = productQueries(new Float32Array(), 384);
    expect(await products.multiply(new Int8Array(384), none)).toHaveLength(0);
    expect(await products.multiply(new Int8Array(), productQueries(numbers(384, 7), 384))).toHaveLength(0);
  });
});
