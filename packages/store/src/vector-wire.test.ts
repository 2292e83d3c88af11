import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeVector, encodeVector, encodeVectorArray } from "./vector-wire.ts";

const vector = fc.float32Array({ maxLength: 400 });
const numbers = (values: Float32Array): number[] => [...values];

/** A copy of the bytes that begins at an odd place of its memory, as a part of a packet does. */
function atOffset(bytes: Buffer, offset: number): Buffer {
  const memory = Buffer.alloc(bytes.length + offset, 0xee);
  bytes.copy(memory, offset);
  return memory.subarray(offset);
}

/** The items of a `vector[]` parameter, read with a DataView and not with the code under test. */
function readArray(bytes: Buffer): { header: number[]; items: Buffer[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = [0, 4, 8, 12, 16].map((at) => view.getInt32(at));
  const items: Buffer[] = [];
  let at = 20;
  while (at < bytes.length) {
    const length = view.getInt32(at);
    items.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  expect(at).toBe(bytes.length);
  return { header, items };
}

describe("one vector", () => {
  test("is its dimensions, two zero bytes, and each value as a big-endian float", () => {
    expect(encodeVector(Float32Array.of(1, -2, 0.5)).toString("hex")).toBe("00030000" + "3f800000c00000003f000000");
    expect(encodeVector(new Float32Array(0)).toString("hex")).toBe("00000000");
    expect(encodeVector(new Float32Array(1_024)).readUInt16BE(0)).toBe(1_024);
  });

  test("comes back exactly, wherever in memory its bytes lie", () => {
    fc.assert(
      fc.property(vector, fc.integer({ min: 0, max: 9 }), (values, offset) => {
        const decoded = decodeVector(atOffset(encodeVector(values), offset));
        expect(numbers(decoded).map((value) => [Object.is(value, -0), value])).toEqual(
          numbers(values).map((value) => [Object.is(value, -0), value]),
        );
      }),
    );
  });

  test("is not changed by being encoded, also when it is a part of a larger array", () => {
    const all = Float32Array.of(9, 1, 2, 3, 9);
    expect(numbers(decodeVector(encodeVector(all.subarray(1, 4))))).toEqual([1, 2, 3]);
    expect(numbers(all)).toEqual([9, 1, 2, 3, 9]);
  });
});

describe("an array of vectors", () => {
  test("has a header of one dimension, no nulls, the type's number, the length and the lower bound 1", () => {
    const { header, items } = readArray(encodeVectorArray([Float32Array.of(1), Float32Array.of(2)], 16_999));
    expect(header).toEqual([1, 0, 16_999, 2, 1]);
    expect(items.map((item) => item.toString("hex"))).toEqual(["000100003f800000", "0001000040000000"]);
  });

  test("that is empty has no dimension, and the type's number all the same", () => {
    const bytes = encodeVectorArray([], 16_999);
    expect([bytes.length, bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8)]).toEqual([
      12, 0, 0, 16_999,
    ]);
  });

  test("holds each vector exactly as it would be alone, in order", () => {
    const equalLengths = fc
      .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }))
      .chain(([length, count]) =>
        fc.array(fc.float32Array({ minLength: length, maxLength: length }), { minLength: count, maxLength: count }),
      );
    fc.assert(
      fc.property(equalLengths, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (vectors, oid) => {
        const { header, items } = readArray(encodeVectorArray(vectors, oid));
        expect(header).toEqual([1, 0, oid, vectors.length, 1]);
        expect(items.map((item) => item.toString("hex"))).toEqual(
          vectors.map((one) => encodeVector(one).toString("hex")),
        );
        expect(items.map((item) => numbers(decodeVector(item)))).toEqual(vectors.map(numbers));
      }),
    );
  });
});
