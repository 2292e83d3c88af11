import { AXES_AS_INPUT_OPSET, node, tensor, type Part } from "./onnx-parts.ts";
import type { ModelInfo } from "./types.ts";

/** `polyseme_hidden` [batch, tokens, dimensions] and `polyseme_mask` [batch, tokens] to `polyseme_pooled` [batch, dimensions]. */
export const POOLING: Record<ModelInfo["pooling"], (opset: number) => Part[]> = {
  mean: () => [
    tensor("polyseme_row", [0, 1, -1]),
    tensor("polyseme_long", [0, -1, 1]),
    tensor("polyseme_flat", [0, -1]),
    node("Reshape", ["polyseme_mask", "polyseme_row"], "polyseme_weights"),
    node("Reshape", ["polyseme_mask", "polyseme_long"], "polyseme_ones"),
    node("MatMul", ["polyseme_weights", "polyseme_hidden"], "polyseme_sum"),
    // A mask of ones and zeros by itself is how many tokens there are.
    node("MatMul", ["polyseme_weights", "polyseme_ones"], "polyseme_count"),
    node("Div", ["polyseme_sum", "polyseme_count"], "polyseme_mean"),
    node("Reshape", ["polyseme_mean", "polyseme_flat"], "polyseme_pooled"),
  ],
  cls: () => [
    tensor("polyseme_first", 0),
    node("Gather", ["polyseme_hidden", "polyseme_first"], "polyseme_pooled", { axis: 1 }),
  ],
  max: (opset) => [
    tensor("polyseme_column", [0, -1, 1]),
    tensor("polyseme_one", 1, "float"),
    tensor("polyseme_far", 1e9, "float"),
    node("Sub", ["polyseme_mask", "polyseme_one"], "polyseme_absent"),
    node("Mul", ["polyseme_absent", "polyseme_far"], "polyseme_lowered"),
    node("Reshape", ["polyseme_lowered", "polyseme_column"], "polyseme_penalty"),
    node("Add", ["polyseme_hidden", "polyseme_penalty"], "polyseme_kept"),
    ...largestOverTokens(opset, "polyseme_kept", "polyseme_pooled"),
  ],
  // Padding stands on the right, so the last token is the last one that the mask counts.
  last: () => [
    node("ArgMax", ["polyseme_mask"], "polyseme_last", { axis: 1, keepdims: 1, select_last_index: 1 }),
    node("GatherND", ["polyseme_hidden", "polyseme_last"], "polyseme_pooled", { batch_dims: 1 }),
  ],
};

/** Where the norm follows at once the mean's divisor means nothing, and a sum is one product less. */
export const SUM: Part[] = [
  tensor("polyseme_row", [0, 1, -1]),
  tensor("polyseme_flat", [0, -1]),
  node("Reshape", ["polyseme_mask", "polyseme_row"], "polyseme_weights"),
  node("MatMul", ["polyseme_weights", "polyseme_hidden"], "polyseme_sum"),
  node("Reshape", ["polyseme_sum", "polyseme_flat"], "polyseme_pooled"),
];

/** The largest along a value's second axis, which is left out then. */
export function largestOverTokens(opset: number, value: string, result: string): Part[] {
  if (opset < AXES_AS_INPUT_OPSET) return [node("ReduceMax", [value], result, { axes: [1], keepdims: 0 })];
  return [tensor("polyseme_axes", [1]), node("ReduceMax", [value, "polyseme_axes"], result, { keepdims: 0 })];
}
