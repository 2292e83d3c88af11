import { Tensor, type InferenceSession } from "onnxruntime-node";
import { ELEMENT } from "./onnx-model.ts";
import { input, node, output, type Part } from "./onnx-parts.ts";
import { openSmallGraph } from "./small-graph.ts";

/** Vectors to multiply rows with, prepared once for many rows. */
export interface ProductQueries {
  readonly count: number;
  readonly dimensions: number;
  /** [dimensions, count], for rows of halves. */
  readonly floats: Float32Array;
  /** The same in whole numbers, for rows of int8; times its scale a column is about the vector. */
  readonly integers: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Products of stored rows with vectors, in the runtime's own kernels: some 15 times as fast as a loop in JavaScript. A
 * run is some 0.1 ms for a chunk, 2 ms at most, on the calling thread; other work of the event loop comes between two runs.
 */
export interface RowProducts {
  /**
   * @param rows [rows, dimensions]: int8 values, or bits of halves
   * @returns [rows, count] products with the rows as they are, not scaled
   */
  multiply(rows: Int8Array | Uint16Array, queries: ProductQueries): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * On CPUs without VNNI the kernel adds two products in 16 bits, with one factor raised to 0..255: 2 × 255 × 63 still fits.
 */
const QUERY_MAX = 63;
/** Products of one run: some 2 ms. */
const PRODUCTS_A_RUN = 16_000_000;

/** @param vectors [count, dimensions] */
export function productQueries(vectors: Float32Array, dimensions: number): ProductQueries {
  const count = vectors.length / dimensions;
  const floats = new Float32Array(vectors.length);
  const integers = new Int8Array(vectors.length);
  const scales = new Float32Array(count);
  for (let q = 0; q < count; q += 1) {
    let largest = 0;
    for (let d = 0; d < dimensions; d += 1) largest = Math.max(largest, Math.abs(vectors[q * dimensions + d] ?? 0));
    const scale = largest / QUERY_MAX;
    scales[q] = scale;
    for (let d = 0; d < dimensions; d += 1) {
      const value = vectors[q * dimensions + d] ?? 0;
      floats[d * count + q] = value;
      integers[d * count + q] = scale === 0 ? 0 : Math.round(value / scale);
    }
  }
  return { count, dimensions, floats, integers, scales };
}

/** Sessions are opened on first use. */
export function openRowProducts(): RowProducts {
  const sessions = new Map<"int8" | "half", Promise<InferenceSession>>();

  function session(kind: "int8" | "half"): Promise<InferenceSession> {
    const opened = sessions.get(kind) ?? openSmallGraph(kind === "int8" ? integerGraph() : halfGraph());
    sessions.set(kind, opened);
    return opened;
  }

  async function run(rows: Int8Array | Uint16Array, queries: ProductQueries): Promise<Float32Array> {
    const { count, dimensions, floats, integers, scales } = queries;
    const shape = [rows.length / dimensions, dimensions];
    const queryShape = [dimensions, count];
    if (rows instanceof Uint16Array) {
      const a = new Tensor("float16", rows, shape);
      const { y } = await (await session("half")).run({ a, b: new Tensor("float32", floats, queryShape) });
      return y?.data as Float32Array;
    }
    const a = new Tensor("int8", rows, shape);
    const { y } = await (await session("int8")).run({ a, b: new Tensor("int8", integers, queryShape) });
    const products = new Float32Array((y?.data as Int32Array | undefined) ?? []);
    for (let i = 0; i < products.length; i += 1) products[i] = (products[i] ?? 0) * (scales[i % count] ?? 0);
    return products;
  }

  return {
    async multiply(rows, queries) {
      const { count, dimensions } = queries;
      if (count === 0 || rows.length === 0) return new Float32Array();
      const step = dimensions * Math.max(1, Math.floor(PRODUCTS_A_RUN / (count * dimensions)));
      if (rows.length <= step) return run(rows, queries);
      const products = new Float32Array((rows.length / dimensions) * count);
      for (let at = 0; at < rows.length; at += step)
        products.set(await run(rows.subarray(at, at + step), queries), (at / dimensions) * count);
      return products;
    },
    async close() {
      const opened = [...sessions.values()];
      sessions.clear();
      for (const one of opened) await (await one).release();
    },
  };
}

function integerGraph(): Part[] {
  return [node("MatMulInteger", ["a", "b"], "y"), input("a", "int8"), input("b", "int8"), output("y", "int32")];
}

function halfGraph(): Part[] {
  return [
    node("Cast", ["a"], "wide", { to: ELEMENT.float }),
    node("MatMul", ["wide", "b"], "y"),
    input("a", "half"),
    input("b", "float"),
    output("y"),
  ];
}
