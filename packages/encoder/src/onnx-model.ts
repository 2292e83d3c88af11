import { readFields, textOf, writeField, writeVarintField, type Field } from "./protobuf.ts";

/** A graph taken apart so that it can be rewritten. Field numbers are those of onnx/onnx.proto. */
export interface OnnxModel {
  /** Fields in front of the graph that a rewritten file needs as they are. */
  readonly header: readonly Uint8Array[];
  readonly nodes: readonly ModelNode[];
  readonly tensors: ReadonlyMap<string, ModelTensor>;
  /** ValueInfoProto of each input and output, by name. */
  readonly inputs: ReadonlyMap<string, Uint8Array>;
  readonly outputs: ReadonlyMap<string, Uint8Array>;
}

export interface ModelNode {
  readonly operator: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** AttributeProto messages. */
  readonly attributes: readonly Uint8Array[];
}

export interface ModelTensor {
  readonly dims: readonly number[];
  /** TensorProto.DataType. */
  readonly element: number;
  /** Little-endian, as raw_data. */
  readonly data: Uint8Array;
}

/** TensorProto.DataType */
export const ELEMENT = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  half: 10,
  double: 11,
} as const;

const MODEL = { irVersion: 1, graph: 7, opsetImport: 8, functions: 25 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12, sparseInitializer: 15 };
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5, domain: 7 };
const TENSOR = { dims: 1, dataType: 2, floatData: 4, int32Data: 5, int64Data: 7, name: 8, rawData: 9, location: 14 };
const VALUE_INFO = { name: 1, type: 2 };
const ATTRIBUTE = { name: 1, float: 2, int: 3, tensor: 5, graph: 6, graphs: 11 };

/**
 * Takes a ModelProto apart; weights are views of `bytes`, never copies.
 * @throws Error when it has parts that could be lost: functions, sparse or external weights, graphs inside of nodes.
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  const header: Uint8Array[] = [];
  const nodes: ModelNode[] = [];
  const tensors = new Map<string, ModelTensor>();
  const inputs = new Map<string, Uint8Array>();
  const outputs = new Map<string, Uint8Array>();
  for (const field of readFields(bytes)) {
    if (field.number === MODEL.irVersion) header.push(writeVarintField(MODEL.irVersion, field.value));
    else if (field.number === MODEL.opsetImport) header.push(writeField(MODEL.opsetImport, field.bytes));
    else if (field.number === MODEL.functions) throw new Error("it has functions");
    if (field.number !== MODEL.graph) continue;
    for (const part of readFields(field.bytes)) {
      if (part.number === GRAPH.node) nodes.push(readNode(part));
      else if (part.number === GRAPH.initializer) {
        const { name, tensor } = readTensor(part.bytes);
        tensors.set(name, tensor);
      } else if (part.number === GRAPH.input) inputs.set(valueName(part), part.bytes);
      else if (part.number === GRAPH.output) outputs.set(valueName(part), part.bytes);
      else if (part.number === GRAPH.sparseInitializer) throw new Error("it has sparse weights");
    }
  }
  // Older files list their weights among the inputs.
  for (const name of tensors.keys()) inputs.delete(name);
  return { header, nodes, tensors, inputs, outputs };
}

/** The model as one ModelProto, nodes in the order given. */
export function writeModel(model: OnnxModel): Uint8Array {
  const graph = [
    ...model.nodes.map((node, index) => writeField(GRAPH.node, nodeFields(node, index))),
    writeField(GRAPH.name, "polyseme"),
    ...[...model.tensors].map(([name, tensor]) => writeField(GRAPH.initializer, tensorFields(name, tensor))),
    ...[...model.inputs.values()].map((info) => writeField(GRAPH.input, info)),
    ...[...model.outputs.values()].map((info) => writeField(GRAPH.output, info)),
  ];
  return Buffer.concat([...model.header, writeField(MODEL.graph, graph)]);
}

/** The tensor in a node's attribute of that name. */
export function tensorAttribute(node: ModelNode, name: string): ModelTensor | undefined {
  const field = attributeField(node, name, ATTRIBUTE.tensor);
  return field === undefined ? undefined : readTensor(field.bytes).tensor;
}

export function floatAttribute(node: ModelNode, name: string): number | undefined {
  const bytes = attributeField(node, name, ATTRIBUTE.float)?.bytes;
  return bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
}

/** A whole number ≥ 0. */
export function intAttribute(node: ModelNode, name: string): number | undefined {
  return attributeField(node, name, ATTRIBUTE.int)?.value;
}

export function withoutAttributes(node: ModelNode, names: readonly string[]): Uint8Array[] {
  return node.attributes.filter((attribute) => !names.includes(attributeName(attribute)));
}

function attributeField(node: ModelNode, name: string, number: number): Field | undefined {
  const attribute = node.attributes.find((one) => attributeName(one) === name);
  return attribute === undefined ? undefined : [...readFields(attribute)].find((field) => field.number === number);
}

function attributeName(attribute: Uint8Array): string {
  for (const field of readFields(attribute)) if (field.number === ATTRIBUTE.name) return textOf(field);
  return "";
}

function readNode({ bytes }: Field): ModelNode {
  const node = { operator: "", domain: "", inputs: [] as string[], outputs: [] as string[] };
  const attributes: Uint8Array[] = [];
  for (const part of readFields(bytes)) {
    if (part.number === NODE.input) node.inputs.push(textOf(part));
    else if (part.number === NODE.output) node.outputs.push(textOf(part));
    else if (part.number === NODE.operator) node.operator = textOf(part);
    else if (part.number === NODE.domain) node.domain = textOf(part).replace(/^ai\.onnx$/, "");
    else if (part.number === NODE.attribute) attributes.push(part.bytes);
  }
  for (const attribute of attributes)
    for (const { number } of readFields(attribute))
      if (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs)
        throw new Error(`its operator ${node.operator} holds a graph of its own`);
  return { ...node, attributes };
}

function nodeFields(node: ModelNode, index: number): Uint8Array[] {
  return [
    ...node.inputs.map((name) => writeField(NODE.input, name)),
    ...node.outputs.map((name) => writeField(NODE.output, name)),
    writeField(NODE.name, `${node.operator}_${index}`),
    writeField(NODE.operator, node.operator),
    ...node.attributes.map((attribute) => writeField(NODE.attribute, attribute)),
    ...(node.domain === "" ? [] : [writeField(NODE.domain, node.domain)]),
  ];
}

function readTensor(bytes: Uint8Array): { name: string; tensor: ModelTensor } {
  const tensor = { element: 0, dims: [] as number[], data: new Uint8Array(0) };
  let name = "";
  for (const field of readFields(bytes)) {
    switch (field.number) {
      case TENSOR.name:
        name = textOf(field);
        break;
      case TENSOR.dataType:
        tensor.element = field.value;
        break;
      case TENSOR.dims:
        tensor.dims.push(...(field.bytes.length === 0 ? [field.value] : readPacked(field.bytes)));
        break;
      case TENSOR.rawData:
      case TENSOR.floatData:
        // Packed floats lie as raw ones do.
        tensor.data = tensor.data.length === 0 ? view(field.bytes) : Buffer.concat([tensor.data, field.bytes]);
        break;
      case TENSOR.int64Data:
      case TENSOR.int32Data:
        throw new Error(`its tensor ${name} is written in an old form`);
      case TENSOR.location:
        if (field.value !== 0) throw new Error("its weights are in files of their own");
        break;
    }
  }
  return { name, tensor };
}

function view(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

function readPacked(bytes: Uint8Array): number[] {
  const values: number[] = [];
  for (let at = 0, value = 0, scale = 1; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) {
      values.push(value);
      value = 0;
      scale = 1;
    }
  }
  return values;
}

function tensorFields(name: string, { dims, element, data }: ModelTensor): Uint8Array[] {
  return [
    ...dims.map((size) => writeVarintField(TENSOR.dims, size)),
    writeVarintField(TENSOR.dataType, element),
    writeField(TENSOR.name, name),
    writeField(TENSOR.rawData, data),
  ];
}

function valueName({ bytes }: Field): string {
  for (const part of readFields(bytes)) if (part.number === VALUE_INFO.name) return textOf(part);
  return "";
}

/** TensorProto.DataType of a graph input; 0 when it is no tensor. */
export function elementOfInput(info: Uint8Array): number {
  const inside = (bytes: Uint8Array, number: number): Field | undefined =>
    [...readFields(bytes)].find((field) => field.number === number);
  const type = inside(info, VALUE_INFO.type);
  const tensor = type === undefined ? undefined : inside(type.bytes, 1);
  return tensor === undefined ? 0 : (inside(tensor.bytes, 1)?.value ?? 0);
}
