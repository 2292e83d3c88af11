import { expect, test } from "vitest";
import { encodeSparse, encodeSparseArray } from "./sparse-wire.ts";

test("a sparse vector is its dimensions, its count, a zero, the places and then the weights, all big-endian", () => {
  const vector = { indices: Int32Array.of(1, 300), values: Float32Array.of(0.5, 2) };
  expect(encodeSparse(vector, 401).toString("hex")).toBe(
    "00000191" + "00000002" + "00000000" + "00000001" + "0000012c" + "3f000000" + "40000000",
  );
  const none = { indices: new Int32Array(), values: new Float32Array() };
  expect(encodeSparse(none, 7).toString("hex")).toBe("00000007" + "00000000" + "00000000");
});

test("several of them are an array of that type's number, each with its length before it", () => {
  const vector = { indices: Int32Array.of(0), values: Float32Array.of(1) };
  const bytes = encodeSparseArray([vector, vector], 4, 77);
  expect(bytes.length).toBe(20 + 2 * (4 + 20));
  expect([bytes.readInt32BE(8), bytes.readInt32BE(12), bytes.readInt32BE(20)]).toEqual([77, 2, 20]);
});
