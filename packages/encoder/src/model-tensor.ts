import { HALF_MAX, toHalves } from "@polyseme/core";
import { ELEMENT, type ModelNode, type ModelTensor } from "./onnx-model.ts";
import { attribute } from "./onnx-parts.ts";

/** The values of a float32 or int8 tensor. @throws Error for others */
export function valuesOf({ element, data }: ModelTensor): Float32Array | Int8Array {
  if (element === ELEMENT.int8) return new Int8Array(data.buffer, data.byteOffset, data.length);
  if (element !== ELEMENT.float) throw new Error(`a tensor of the element type ${element} stands where floats should`);
  // Protobuf aligns nothing.
  if (data.byteOffset % 4 !== 0) return new Float32Array(new Uint8Array(data).buffer);
  return new Float32Array(data.buffer, data.byteOffset, data.length / 4);
}

export function floatTensor(dims: readonly number[], values: Float32Array): ModelTensor {
  return {
    dims,
    element: ELEMENT.float,
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

export function scalarTensor(value: number): ModelTensor {
  return floatTensor([], Float32Array.of(value));
}

/** The same values in half precision, rounded to nearest, ties to even. @throws Error when one is too large */
export function halfTensor(tensor: ModelTensor): ModelTensor {
  const values = valuesOf(tensor);
  for (const value of values)
    if (!(Math.abs(value) <= HALF_MAX)) throw new Error(`it has the weight ${value}, too large for half precision`);
  const halves = toHalves(new Float32Array(values));
  return { dims: tensor.dims, element: ELEMENT.half, data: new Uint8Array(halves.buffer) };
}

/** A standard node with one output. Attribute values are whole numbers ≥ 0. */
export function standardNode(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): ModelNode {
  return {
    operator,
    domain: "",
    inputs,
    outputs: [output],
    attributes: Object.entries(attributes).map(([name, value]) => Buffer.concat(attribute(name, value))),
  };
}

/** A constant list of whole numbers. */
export function countsTensor(...values: readonly number[]): ModelTensor {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  return { dims: [values.length], element: ELEMENT.int64, data: new Uint8Array(data.buffer) };
}

export function int8Tensor(dims: readonly number[], values: Int8Array): ModelTensor {
  return { dims, element: ELEMENT.int8, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}
