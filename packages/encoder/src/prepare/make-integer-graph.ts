import type { OnnxModel } from "../onnx-model.ts";
import { calibrate, type CalibrateOptions } from "./calibrate.ts";
import { findProducts } from "./find-products.ts";
import { findZeroPoints } from "./find-zero-points.ts";
import { quantiseGraph, type QuantisedGraph } from "./quantise-graph.ts";
import { smoothingOf } from "./quantise-weights.ts";

/** Of the calibrating texts, how many tell where zero shall lie: it depends on each row, and there are many in a text. */
const TEXTS_FOR_ZEROS = 50;

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
  const activations = await calibrate(model, groups, texts, options);
  const smoothing = new Map(
    groups.map((group) => [
      group.input,
      smoothingOf(group, activations.get(group.input) ?? new Float32Array(group.rows), model),
    ]),
  );
  const zeroPoints = await findZeroPoints(model, groups, smoothing, texts.slice(0, TEXTS_FOR_ZEROS), options);
  return quantiseGraph(model, groups, smoothing, zeroPoints);
}
