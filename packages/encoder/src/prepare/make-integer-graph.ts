import type { OnnxModel } from "../onnx-model.ts";
import { calibrate, type CalibrateOptions } from "./calibrate.ts";
import { findProducts, type Product } from "./find-products.ts";
import { findSteps } from "./find-steps.ts";
import { inputMoments } from "./input-moments.ts";
import { quantiseGraph, type QuantisedGraph } from "./quantise-graph.ts";
import { quantiseColumns, smoothingOf, weightsOf, type QuantisedWeights } from "./quantise-weights.ts";
import { triangleOf } from "./round-weights.ts";
import { useFastGelu } from "./use-fast-gelu.ts";

/** Of the calibrating texts, how many tell what depends on each token: there are many in a text. */
const TEXTS_FOR_TOKENS = 50;

/**
 * A float32 graph's products turned into integers, calibrated on the texts.
 * @param texts token ids of each text, special tokens included
 * @throws Error when there is no product to turn; the signal's reason when it is aborted
 */
export async function makeIntegerGraph(
  model: OnnxModel,
  texts: readonly Int32Array[],
  options: CalibrateOptions,
): Promise<QuantisedGraph> {
  const groups = findProducts(model);
  if (groups.length === 0) throw new Error("it has no product of activations with constant float32 weights");
  const few = withShort(texts.slice(0, TEXTS_FOR_TOKENS));
  const activations = await calibrate(model, groups, withShort(texts), {
    ...options,
    onText: (done) => options.onText?.(Math.min(done, texts.length)),
  });
  const smoothing = new Map(
    groups.map((group) => [
      group.input,
      smoothingOf(group, activations.get(group.input) ?? new Float32Array(group.rows), model),
    ]),
  );
  const steps = await findSteps(model, groups, smoothing, activations, few, options);
  const weights = new Map<Product, QuantisedWeights>();
  for await (const { group, moments } of inputMoments(model, groups, few, options)) {
    const factors = smoothing.get(group.input) ?? new Float32Array(group.rows).fill(1);
    const triangle = triangleOf(moments, factors);
    for (const product of group.products)
      weights.set(product, quantiseColumns(weightsOf(product, model), product.columns, factors, triangle));
    options.signal?.throwIfAborted();
    await new Promise(setImmediate);
  }
  return quantiseGraph(useFastGelu(model), { groups, smoothing, steps, weights });
}

/**
 * With texts of one token each, taken out of them: a word or a full stop alone has activations that no longer text has.
 * MiniLM's cosine of "." is 0.990 without them.
 */
function withShort(texts: readonly Int32Array[]): Int32Array[] {
  const short = texts.map((ids, at) => {
    const [first = 0, own = 0, last = 0] = [ids[0], ids[1 + (at % Math.max(1, ids.length - 2))], ids.at(-1)];
    return Int32Array.of(first, own, last);
  });
  return [...texts, ...short];
}
