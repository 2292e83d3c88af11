import { standardNode } from "../model-tensor.ts";
import type { ModelNode, OnnxModel } from "../onnx-model.ts";
import { AXES_AS_INPUT_OPSET } from "../onnx-parts.ts";
import { writeField, writeVarintField } from "../protobuf.ts";
import { standardOpset } from "./model-opset.ts";

const ATTRIBUTE = { name: 1, ints: 8, type: 20 };
const INTS = 7;
/** -1 as a varint: the ten bytes of 2^64 - 1. */
const MINUS_ONE = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);

/** A reduction over the last axis, kept with length 1; its graph has the constant `polyseme_last_axis`, [-1]. */
export function reduceLastAxis(
  model: OnnxModel,
  operator: "ReduceMax" | "ReduceMin",
  input: string,
  output: string,
): ModelNode {
  if (standardOpset(model) >= AXES_AS_INPUT_OPSET)
    return standardNode(operator, [input, "polyseme_last_axis"], output, { keepdims: 1 });
  const node = standardNode(operator, [input], output, { keepdims: 1 });
  const axes = Buffer.concat([
    writeField(ATTRIBUTE.name, "axes"),
    Uint8Array.of(ATTRIBUTE.ints * 8),
    MINUS_ONE,
    writeVarintField(ATTRIBUTE.type, INTS),
  ]);
  return { ...node, attributes: [...node.attributes, axes] };
}
