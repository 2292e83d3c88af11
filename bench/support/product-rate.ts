import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { constant, input, node, output } from "../../packages/encoder/src/onnx-parts.ts";
import { openSmallGraph } from "../../packages/encoder/src/small-graph.ts";
import type { Model } from "../models.ts";

/** A layer's weights, [rows, columns]. */
interface Weights {
  readonly rows: number;
  readonly columns: number;
}

/** What of a Transformer's config.json says how large its products are. */
interface Layers {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
}

/** Tokens of a product: those of the embedder's usual batch. */
const TOKENS = 448;
const RUN_MS = 1_000;

/** Multiply-adds a token with a model's weights; those of attention, which depend on the length, are left out. */
export async function productsAToken(folder: string): Promise<number> {
  const layers = await readLayers(folder);
  return layers.num_hidden_layers * weightsOf(layers).reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/**
 * The machine's own limit: multiply-adds a second of the runtime's products alone, with weights of a model's sizes and
 * nothing between them. Measured on one core and multiplied: threads that wait for work would take the cores from each other.
 */
export async function productRate(folder: string, model: Model, cores: number): Promise<number> {
  const sizes = weightsOf(await readLayers(folder));
  const sessions = await Promise.all(sizes.map((size) => openProduct(model, size)));
  for (const run of sessions) await run();
  let rounds = 0;
  const started = performance.now();
  for (; performance.now() - started < RUN_MS; rounds += 1) for (const run of sessions) await run();
  const seconds = (performance.now() - started) / 1_000;
  return (cores * rounds * TOKENS * sizes.reduce((sum, { rows, columns }) => sum + rows * columns, 0)) / seconds;
}

async function readLayers(folder: string): Promise<Layers> {
  return JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Layers;
}

/** Query, key, value and output; then out and back. */
function weightsOf({ hidden_size: hidden, intermediate_size: wide }: Layers): Weights[] {
  const square = { rows: hidden, columns: hidden };
  return [square, square, square, square, { rows: hidden, columns: wide }, { rows: wide, columns: hidden }];
}

async function openProduct(model: Model, { rows, columns }: Weights): Promise<() => Promise<unknown>> {
  const shape = [rows, columns];
  // Values that no sum of leaves 16 bits with, as in the bundled file.
  const weights = Int8Array.from({ length: rows * columns }, (_, i) => ((i * 31) % 63) - 31);
  const isInteger = model === "int8";
  // A number is all that is fetched: megabytes a run would take longer than their product.
  const largest = node("ReduceMax", ["y"], "largest", { keepdims: 0 });
  const session = await openSmallGraph(
    isInteger
      ? [
          node("MatMulInteger", ["a", "b"], "y"),
          largest,
          constant("b", "int8", shape, new Uint8Array(weights.buffer)),
          input("a", "uint8"),
          output("largest", "int32"),
        ]
      : [
          node("MatMul", ["a", "b"], "y"),
          largest,
          constant("b", "float", shape, new Uint8Array(Float32Array.from(weights).buffer)),
          input("a", "float"),
          output("largest"),
        ],
  );
  const values = Uint8Array.from({ length: TOKENS * rows }, (_, i) => (i * 17) % 255);
  const a = isInteger
    ? new Tensor("uint8", values, [TOKENS, rows])
    : new Tensor("float32", Float32Array.from(values), [TOKENS, rows]);
  return () => session.run({ a });
}
