import { standardNode } from "../model-tensor.ts";
import type { ModelNode, OnnxModel } from "../onnx-model.ts";
import { AXES_AS_INPUT_OPSET } from "../onnx-parts.ts";
import { writeField, writeVarintField } from "../protobuf.ts";
import { standardOpset } from "./model-opset.ts";

const ATTRIBUTE = { name: 1, ints: 8, type: 20 };
const INTS = 7;
/** -1 as a varint: the ten bytes of 2^64 - 1. */
const MINUS_ONE = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);

/** The name of a constant that a graph with such reductions has: [-1]. */
export const LAST_AXIS = "polyseme_last_axis";

/** A reduction over the last axis, kept with length 1; its graph has `LAST_AXIS`. */
export function reduceLastAxis(
  model: OnnxModel,
  operator: "ReduceMax" | "ReduceMin",
  input: string,
  output: string,
): ModelNode {
  if (standardOpset(model) >= AXES_AS_INPUT_OPSET)
    return standardNode(operator, [input, LAST_AXIS], output, { keepdims: 1 });
  const node = standardNode(operator, [input], output, { keepdims: 1 });
  const axes = Buffer.concat([
    writeField(ATTRIBUTE.name, "axes"),
    Uint8Array.of(ATTRIBUTE.ints * 8),
    MINUS_ONE,
    writeVarintField(ATTRIBUTE.type, INTS),
  ]);
  return { ...node, attributes: [...node.attributes, axes] };
}
