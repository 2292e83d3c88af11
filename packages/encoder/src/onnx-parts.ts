import { writeField, writeVarintField } from "./protobuf.ts";

/** One field of a GraphProto, ready to be written. Field numbers are those of onnx/onnx.proto. */
export type Part = Uint8Array;

const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, int: 3, ints: 8, type: 20 };
const ATTRIBUTE_TYPE = { int: 2, ints: 7 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE_TENSOR = 1;
const TENSOR_ELEMENT = 1;
const ELEMENT = { float: 1, int64: 7 };

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

function attribute(name: string, value: number | readonly number[]): Uint8Array[] {
  if (typeof value === "number")
    return [
      writeField(ATTRIBUTE.name, name),
      writeVarintField(ATTRIBUTE.int, value),
      writeVarintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.int),
    ];
  return [
    writeField(ATTRIBUTE.name, name),
    ...value.map((one) => writeVarintField(ATTRIBUTE.ints, one)),
    writeVarintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints),
  ];
}

/** A constant: a scalar for a number, else of the given shape (one dimension unless told). */
export function tensor(
  name: string,
  values: number | readonly number[] | Float32Array,
  element: keyof typeof ELEMENT = "int64",
  shape: readonly number[] = typeof values === "number" ? [] : [values.length],
): Part {
  const list = typeof values === "number" ? [values] : values;
  const data = element === "float" ? Float32Array.from(list) : BigInt64Array.from(Array.from(list), BigInt);
  return writeField(GRAPH.initializer, [
    ...shape.map((size) => writeVarintField(TENSOR.dims, size)),
    writeVarintField(TENSOR.dataType, ELEMENT[element]),
    writeField(TENSOR.name, name),
    writeField(TENSOR.rawData, new Uint8Array(data.buffer)),
  ]);
}

export function output(name: string): Part {
  return valueInfo(GRAPH.output, name, "float");
}

export function input(name: string, element: keyof typeof ELEMENT): Part {
  return valueInfo(GRAPH.input, name, element);
}

function valueInfo(part: number, name: string, element: keyof typeof ELEMENT): Part {
  const tensorType = writeField(TYPE_TENSOR, [writeVarintField(TENSOR_ELEMENT, ELEMENT[element])]);
  return writeField(part, [writeField(VALUE_INFO.name, name), writeField(VALUE_INFO.type, [tensorType])]);
}
