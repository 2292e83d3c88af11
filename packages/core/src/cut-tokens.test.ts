import { describe, expect, test } from "vitest";
import { packTokens, tokenVectors, unpackTokens, type PackedTokens } from "./packed-tokens.ts";
import { cutTokens, meanOfCut, packCut } from "./cut-tokens.ts";
import { joinTokens, type JoinedTokens } from "./join-tokens.ts";
import { makeRowSums } from "./row-sums.ts";

const DIMENSIONS = 4;

/** Units of one letter and one piece each, from `start` on; `at` gives the vector of the unit at an offset. */
function chunkOf(start: number, end: number, precision: "int8" | "half"): PackedTokens {
  const offsets = Array.from({ length: end - start }, (_, i) => start + i);
  const units = {
    starts: Int32Array.from(offsets),
    ends: Int32Array.from(offsets, (at) => at + 1),
    pieces: Int32Array.from(offsets, (at) => 1 + (at % 3)),
    rows: Int32Array.from(offsets, (_, i) => i),
  };
  const vectors = Float32Array.from(offsets.flatMap(vectorAt));
  return unpackTokens(packTokens(units, vectors, { precision, dimensions: DIMENSIONS, origin: start }), start);
}

function packRange(tokens: JoinedTokens, range: readonly [from: number, to: number], origin: number): Buffer {
  return packCut(tokens, cutTokens(tokens, range), origin);
}

const vectorAt = (at: number): number[] =>
  Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(1 + at * 7 + i * 3) * 5);

describe.each(["int8", "half"] as const)("units of %s", (precision) => {
  test("that overlapping chunks hold twice are taken once, and their values are copied as they are", () => {
    const chunks = [chunkOf(0, 10, precision), chunkOf(7, 20, precision)];
    const joined = joinTokens(chunks);
    expect([...joined.units.starts]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const again = unpackTokens(packRange(joined, [5, 15], 5), 5);
    const whole = chunkOf(5, 15, precision);
    expect(again).toEqual({ ...whole, values: again.values });
    expect([...again.values]).toEqual([...whole.values]);
  });

  test("give the mean of their vectors, weighted by pieces, at length 1", () => {
    const joined = joinTokens([chunkOf(0, 10, precision), chunkOf(10, 20, precision)]);
    const mean = new Float32Array(DIMENSIONS);
    meanOfCut(joined, cutTokens(joined, [3, 17]), makeRowSums(), mean);
    const sum = new Float64Array(DIMENSIONS);
    for (let at = 3; at < 17; at += 1)
      for (const [i, value] of vectorAt(at).entries()) sum[i] = (sum[i] ?? 0) + value * (1 + (at % 3));
    const length = Math.hypot(...sum);
    for (const [i, value] of mean.entries()) expect(value).toBeCloseTo((sum[i] ?? 0) / length, 1);
    expect(Math.hypot(...mean)).toBeCloseTo(1, 6);
  });
});

test("units that share a vector share it again in the chunks that they go to", () => {
  const units = {
    starts: Int32Array.of(0, 2, 4),
    ends: Int32Array.of(1, 3, 5),
    pieces: Int32Array.of(1, 1, 1),
    rows: Int32Array.of(0, 1, 0),
  };
  const vectors = Float32Array.of(1, 0, 0, 1);
  const chunk = unpackTokens(packTokens(units, vectors, { precision: "int8", dimensions: 2, origin: 0 }), 0);
  const part = unpackTokens(packRange(joinTokens([chunk]), [1, 3], 2), 2);
  expect([...part.units.rows]).toEqual([0, 1]);
  const [first = 0, second = 0, third = 0, fourth = 0] = tokenVectors(part);
  expect([first, second, third, fourth].map((value) => Math.round(value))).toEqual([0, 1, 1, 0]);
});

test("chunks of different precisions are not one text's", () => {
  expect(() => joinTokens([chunkOf(0, 2, "int8"), chunkOf(2, 4, "half")])).toThrow(/precisions/);
});
