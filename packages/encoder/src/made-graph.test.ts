import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findModel } from "./find-model.ts";
import { madeGraph, makeGraph, type Precision } from "./made-graph.ts";
import { readGraph } from "./onnx-graph.ts";
import { input, node, output, tensor, wholeModel } from "./onnx-parts.ts";
import { halfTensor, floatTensor } from "./model-tensor.ts";

let integers: Uint8Array;
/** The bundled graph rewritten, each once: it takes seconds. */
let made: Readonly<Record<Precision, Uint8Array>>;
let cacheDir: string;
beforeAll(async () => {
  const { folder } = await findModel("all-MiniLM-L6-v2");
  integers = await readFile(join(folder, "onnx/model_int8.onnx"));
  made = { float: makeGraph(integers, "float"), half: makeGraph(integers, "half") };
  cacheDir = await mkdtemp(join(tmpdir(), "polyseme-cache-"));
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

async function embed(model: Uint8Array): Promise<Float32Array> {
  const session = await InferenceSession.create(model, { executionProviders: ["cpu"], logSeverityLevel: 4 });
  const ids = BigInt64Array.from([101n, 7592n, 2088n, 102n, 101n, 6207n, 102n, 0n]);
  const mask = BigInt64Array.from([1n, 1n, 1n, 1n, 1n, 1n, 1n, 0n]);
  const as = (values: BigInt64Array): Tensor => new Tensor("int64", values, [2, 4]);
  const feeds = { input_ids: as(ids), attention_mask: as(mask), token_type_ids: as(new BigInt64Array(8)) };
  const { sentence_embedding } = await session.run(feeds, ["sentence_embedding"]);
  await session.release();
  return sentence_embedding?.data as Float32Array;
}

function cosines(one: Float32Array, other: Float32Array): number[] {
  return [0, 384].map((at) => one.slice(at, at + 384).reduce((sum, v, i) => sum + v * (other[at + i] ?? NaN), 0));
}

describe("the bundled graph of integers, rewritten", () => {
  test("has standard float operators only, and its inputs and outputs", () => {
    for (const precision of ["float", "half"] as const) {
      const graph = readGraph(made[precision]);
      expect(graph.inputs).toEqual(readGraph(integers).inputs);
      expect(graph.outputs).toEqual(readGraph(integers).outputs);
      const foreign = graph.nodes.filter(({ operator }) => /Integer|Quantize|Fused|Skip|Bias|ReduceMax/.test(operator));
      expect(foreign).toEqual([]);
    }
  });

  test("gives its vectors but for the rounding of activations, and half precision changes them by nearly nothing", async () => {
    const [original, float, half] = await Promise.all([embed(integers), embed(made.float), embed(made.half)]);
    for (const cosine of cosines(original, float)) expect(cosine).toBeGreaterThan(0.998);
    for (const cosine of cosines(float, half)) expect(cosine).toBeGreaterThan(0.99999);
  });
});

describe("a rewritten graph's file", () => {
  // Large enough to be written in more than one piece, small enough to be made in no time.
  const large = wholeModel([
    input("x", "float"),
    tensor("table", Float32Array.from({ length: 1_000_000 }, Math.sin), "float", [1_000, 1_000]),
    node("MatMul", ["x", "table"], "y"),
    output("y"),
  ]);

  test("is made once, whole, also by several at once, and made anew when it was cut off", async () => {
    const all = await Promise.all([1, 2, 3].map(() => madeGraph(large, "half", cacheDir)));
    const files = await readdir(cacheDir);
    expect(files).toHaveLength(1);
    const path = join(cacheDir, files[0] ?? "");
    const kept = await readFile(path);
    expect(kept.length).toBeGreaterThan(1_000_000);
    for (const one of all) expect(kept.equals(one)).toBe(true);
    await writeFile(path, kept.subarray(0, 1_000));
    expect(kept.equals(await madeGraph(large, "half", cacheDir))).toBe(true);
    expect(kept.equals(await readFile(path))).toBe(true);
  });

  test("is done without where nothing can be written", async () => {
    const file = join(cacheDir, "a-file");
    await writeFile(file, "");
    expect((await madeGraph(large, "float", join(file, "below"))).length).toBeGreaterThan(1_000_000);
  });
});

test("operators that are not known are refused by name", () => {
  const integer = wholeModel([input("x", "float"), node("DynamicQuantizeLinear", ["x"], "y"), output("y")]);
  expect(() => makeGraph(integer, "float")).toThrow(/DynamicQuantizeLinear/);
  const unknown = wholeModel([input("x", "float"), node("Det", ["x"], "y"), output("y")]);
  expect(makeGraph(unknown, "float").length).toBeGreaterThan(0);
  expect(() => makeGraph(unknown, "half")).toThrow(/Det/);
});

test("a mask constant below half precision's range stays finite", () => {
  const masked = wholeModel([
    input("x", "float"),
    tensor("mask", -3e38, "float"),
    node("Add", ["x", "mask"], "y"),
    output("y"),
  ]);
  const bytes = Buffer.from(makeGraph(masked, "half"));
  expect(bytes.includes(Buffer.from(Float32Array.of(-32_752).buffer))).toBe(true);
});

test("floats become the nearest half, ties to even, down to the smallest one", () => {
  const values = [0, 1, -2, 65_504, 0.1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -24, 2 ** -25, 2 ** -26, 1 - 2 ** -12];
  const { data } = halfTensor(floatTensor([values.length], Float32Array.from(values)));
  expect([...new Uint16Array(data.buffer)]).toEqual([
    ...[0, 0x3c00, 0xc000, 0x7bff, 0x2e66, 0x3c00, 0x3c02, 1, 0, 0, 0x3c00],
  ]);
  expect(() => halfTensor(floatTensor([1], Float32Array.of(1e5)))).toThrow(/too large/);
});
