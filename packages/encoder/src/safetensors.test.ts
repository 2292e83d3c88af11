import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDense, readDense } from "./dense-layer.ts";
import { readExcerpt, readSafeTensor } from "./safetensors.ts";

function fileOf(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  // At an odd place of its buffer, as a view of a file may be.
  return Buffer.concat([Buffer.alloc(1), length, json, data]).subarray(1);
}

const bytes = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer);
const entry = (dtype: string, shape: number[], offsets: number[]) => ({ dtype, shape, data_offsets: offsets });

describe("a tensor of a .safetensors file", () => {
  test("is float32 whatever it is stored as", () => {
    const data = Buffer.concat([
      bytes(Float32Array.of(1.5, -2)),
      bytes(Uint16Array.of(0x3e00, 0xc000)),
      bytes(Uint16Array.of(0x3fc0, 0xc000)),
    ]);
    const file = fileOf(
      { a: entry("F32", [2], [0, 8]), b: entry("F16", [2], [8, 12]), c: entry("BF16", [2, 1], [12, 16]) },
      data,
    );
    for (const name of ["a", "b", "c"]) expect([...(readSafeTensor(file, name)?.values ?? [])]).toEqual([1.5, -2]);
    expect(readSafeTensor(file, "c")?.shape).toEqual([2, 1]);
    expect(readSafeTensor(file, "d")).toBeUndefined();
    expect(readSafeTensor(file, "toString")).toBeUndefined();
  });

  test.each([
    ["of nothing", Buffer.alloc(0)],
    ["cut in its length", Buffer.alloc(5)],
    ["whose header is said to be 10 GB", Buffer.from([0, 0xe4, 0x0b, 0x54, 2, 0, 0, 0, 0x7b, 0x7d])],
    ["whose header is no JSON", fileOf("{")],
    ["whose data is cut", fileOf({ a: entry("F32", [2], [0, 8]) }, new Uint8Array(7))],
    ["whose shape is 10 GB", fileOf({ a: entry("F32", [50_000, 50_000], [0, 8]) }, new Uint8Array(8))],
    ["that leads before its data", fileOf({ a: entry("F32", [2], [-8, 0]) }, new Uint8Array(8))],
    ["of integers", fileOf({ a: entry("I64", [1], [0, 8]) }, new Uint8Array(8))],
    ["of no type", fileOf({ a: entry("constructor", [1], [0, 8]) }, new Uint8Array(8))],
    ["without a shape", fileOf({ a: {} })],
    ["that is null", fileOf({ a: null })],
  ])("is refused in a file %s", (_, file) => {
    expect(() => readSafeTensor(file, "a")).toThrow();
  });
});

describe("one tensor out of a file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "polyseme-weights-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const excerpt = async (file: Uint8Array, name: string, mostBytes = 100): Promise<Uint8Array> => {
    await writeFile(join(folder, "weights"), file);
    return readExcerpt(join(folder, "weights"), name, mostBytes);
  };

  test("is read without the others, at most so large", async () => {
    const header = { a: entry("F32", [2], [0, 8]), b: entry("F32", [1], [8, 12]) };
    const file = fileOf(header, bytes(Float32Array.of(1, 2, 3)));
    const found = await excerpt(file, "b");
    expect([...(readSafeTensor(found, "b")?.values ?? [])]).toEqual([3]);
    expect(readSafeTensor(found, "a")).toBeUndefined();
    expect(readSafeTensor(await excerpt(file, "toString"), "toString")).toBeUndefined();
    await expect(excerpt(file, "a", 7)).rejects.toThrow(/8 bytes/);
  });

  test.each([
    ["of nothing", Buffer.alloc(0)],
    ["cut in its length", Buffer.alloc(5)],
    ["whose header is said to be 10 GB", Buffer.from([0, 0xe4, 0x0b, 0x54, 2, 0, 0, 0, 0x7b, 0x7d])],
    ["whose header is no JSON", fileOf("{")],
    ["whose header is null", fileOf("null")],
    ["whose data is cut", fileOf({ a: entry("F32", [2], [0, 8]) }, new Uint8Array(7))],
    ["that leads before its data", fileOf({ a: entry("F32", [2], [-8, 0]) }, new Uint8Array(8))],
    ["whose end is before its beginning", fileOf({ a: entry("F32", [2], [8, 0]) }, new Uint8Array(8))],
    ["without a place", fileOf({ a: {} })],
    ["that is null", fileOf({ a: null })],
  ])("is refused in a file %s", async (_, file) => {
    await expect(excerpt(file, "a").then((found) => readSafeTensor(found, "a"))).rejects.toThrow();
  });
});

test("a dense layer's weights are turned to be multiplied from the left, and must have the shape that is said", () => {
  const shape = parseDense({ in_features: 2, out_features: 3, activation_function: "torch.nn.Identity" }, "2_Dense");
  const data = bytes(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
  const header = { "linear.weight": entry("F32", [3, 2], [0, 24]), "linear.bias": entry("F32", [3], [24, 36]) };
  const layer = readDense(shape, fileOf(header, data));
  expect([...layer.weights]).toEqual([1, 3, 5, 2, 4, 6]);
  expect([...(layer.bias ?? [])]).toEqual([7, 8, 9]);
  const other = { ...header, "linear.weight": entry("F32", [2, 3], [0, 24]) };
  expect(() => readDense(shape, fileOf(other, data))).toThrow(/\[2, 3\] as linear.weight, \[3, 2\] is wanted/);
  expect(() => readDense(shape, fileOf({}, data))).toThrow(/no linear.weight/);
});
