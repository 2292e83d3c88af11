import { ELEMENT } from "./onnx-model.ts";
import { writeField, writeVarintField } from "./protobuf.ts";

/** One field of a GraphProto, ready to be written. Field numbers are those of onnx/onnx.proto. */
export type Part = Uint8Array;

export type Element = keyof typeof ELEMENT;

const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 };
const IR_VERSION = 8;
const OPSET_VERSION = 2;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, int: 3, ints: 8, type: 20 };
const ATTRIBUTE_TYPE = { int: 2, ints: 7 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE_TENSOR = 1;
const TENSOR_ELEMENT = 1;

/** From this operator set on, ReduceMax and ReduceMin take their axes as an input. */
export const AXES_AS_INPUT_OPSET = 18;

/** A whole model of these parts. */
export function wholeModel(parts: readonly Part[], opset = 17): Uint8Array {
  return Buffer.concat([
    writeVarintField(MODEL.irVersion, IR_VERSION),
    writeField(MODEL.opsetImport, [writeVarintField(OPSET_VERSION, opset)]),
    writeField(MODEL.graph, [...parts, writeField(GRAPH.name, "polyseme")]),
  ]);
}

/** Bytes that add the parts to a model's graph when they stand behind its own: a protobuf parser merges the two. */
export function graphAddition(parts: readonly Part[]): Uint8Array {
  return writeField(MODEL.graph, parts);
}

/** A node with one output, named after it. Attribute values are whole numbers ≥ 0. */
export function node(
  operator: string,
  inputs: readonly string[],
  result: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): Part {
  return writeField(GRAPH.node, [
    ...inputs.map((name) => writeField(NODE.input, name)),
    writeField(NODE.output, result),
    writeField(NODE.name, result),
    writeField(NODE.operator, operator),
    ...Object.entries(attributes).map(([name, value]) => writeField(NODE.attribute, attribute(name, value))),
  ]);
}

/** The fields of an AttributeProto. @param value whole numbers ≥ 0 */
export function attribute(name: string, value: number | readonly number[]): Uint8Array[] {
  const fields =
    typeof value === "number"
      ? [writeVarintField(ATTRIBUTE.int, value), writeVarintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.int)]
      : [
          ...value.map((one) => writeVarintField(ATTRIBUTE.ints, one)),
          writeVarintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints),
        ];
  return [writeField(ATTRIBUTE.name, name), ...fields];
}

/** A constant: a scalar for a number, else of the given shape (one dimension unless told). */
export function tensor(
  name: string,
  values: number | readonly number[] | Float32Array,
  element: "int64" | "float" = "int64",
  shape: readonly number[] = typeof values === "number" ? [] : [values.length],
): Part {
  const list = typeof values === "number" ? [values] : values;
  const data = element === "float" ? Float32Array.from(list) : BigInt64Array.from(Array.from(list), BigInt);
  return constant(name, element, shape, new Uint8Array(data.buffer));
}

/** A constant of any element type. @param data little-endian */
export function constant(name: string, element: Element, shape: readonly number[], data: Uint8Array): Part {
  return writeField(GRAPH.initializer, [
    ...shape.map((size) => writeVarintField(TENSOR.dims, size)),
    writeVarintField(TENSOR.dataType, ELEMENT[element]),
    writeField(TENSOR.name, name),
    writeField(TENSOR.rawData, data),
  ]);
}

export function input(name: string, element: Element): Part {
  return writeField(GRAPH.input, valueInfo(name, element));
}

export function output(name: string, element: Element = "float"): Part {
  return writeField(GRAPH.output, valueInfo(name, element));
}

/** The fields of a ValueInfoProto that names a tensor's element type and leaves its shape open. */
export function valueInfo(name: string, element: Element): Uint8Array[] {
  const tensorType = writeField(TYPE_TENSOR, [writeVarintField(TENSOR_ELEMENT, ELEMENT[element])]);
  return [writeField(VALUE_INFO.name, name), writeField(VALUE_INFO.type, [tensorType])];
}
