import { readFields, textOf, type Field } from "./protobuf.ts";

/** A part of a file that a tensor's values lie in. */
export interface ExternalData {
  /** As the model writes it: relative to its own folder, if it is honest. */
  readonly location: string;
  /** Bytes that the file must have. */
  readonly end: number;
}

/** What of a model's constants is known without looking at their values. */
export interface ModelTensors {
  readonly external: readonly ExternalData[];
  /** Shapes of the graph's weights, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

const MODEL = { graph: 7, functions: 25 };
const FUNCTION_NODE = 7;
const GRAPH = { node: 1, initializer: 5, sparseInitializer: 15 };
const NODE = { input: 1, output: 2, operator: 4, attribute: 5 };
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, external: 13, location: 14 };
/** float, int32, string, int64, double, uint64: values of their own field each. */
const TYPED_DATA = new Set([4, 5, 6, 7, 10, 11]);
const ENTRY = { key: 1, value: 2 };
const INT64 = 7;
/** Bits of one value, by TensorProto.DataType, for those that lie in raw bytes. */
const BITS: readonly (number | undefined)[] = [
  ...[undefined, 32, 8, 8, 16, 16, 32, 64, undefined, 8, 16, 64, 32, 64, 64, 128, 16],
  ...[8, 8, 8, 8, 4, 4, 4],
];
/** Of graphs in nodes of graphs; models have two or three. */
const MOST_DEPTH = 16;
/** 4 GiB of float32: beyond any weight or mask that is filled in at load. */
const MOST_FILLED = 2 ** 30;

/**
 * Looks at every constant of a model before a runtime does, which believes shapes and opens whatever file it is told to.
 * @throws Error for one whose shape is not that of its data, and for a constant shape that would fill the memory
 */
export function checkTensors(model: Uint8Array): ModelTensors {
  const found: Found = { external: [], shapes: new Map(), constants: new Map() };
  for (const field of readFields(model)) {
    if (field.number === MODEL.graph) scanGraph(field.bytes, found, 0);
    if (field.number !== MODEL.functions) continue;
    for (const part of readFields(field.bytes)) if (part.number === FUNCTION_NODE) scanNode(part.bytes, found, 0);
  }
  return found;
}

interface Found {
  readonly external: ExternalData[];
  readonly shapes: Map<string, readonly number[]>;
  /** Values of small constants that may be shapes. */
  readonly constants: Map<string, readonly number[]>;
}

function scanGraph(graph: Uint8Array, found: Found, depth: number): void {
  if (depth > MOST_DEPTH) throw new Error(`it has graphs inside of graphs, ${depth} deep`);
  const nodes: Uint8Array[] = [];
  for (const part of readFields(graph)) {
    if (part.number === GRAPH.initializer) scanTensor(part.bytes, found);
    // Its values and its places are tensors of their own.
    else if (part.number === GRAPH.sparseInitializer)
      for (const inner of readFields(part.bytes)) if (inner.number <= 2) scanTensor(inner.bytes, found);
    if (part.number === GRAPH.node) nodes.push(part.bytes);
  }
  // Weights may stand behind the nodes that read them.
  for (const node of nodes) scanNode(node, found, depth);
}

function scanNode(node: Uint8Array, found: Found, depth: number): void {
  const inputs: string[] = [];
  let operator = "";
  let result = "";
  const attributes: Uint8Array[] = [];
  for (const part of readFields(node)) {
    if (part.number === NODE.input) inputs.push(textOf(part));
    else if (part.number === NODE.output) result ||= textOf(part);
    else if (part.number === NODE.operator) operator = textOf(part);
    else if (part.number === NODE.attribute) attributes.push(part.bytes);
  }
  for (const attribute of attributes)
    for (const { number, bytes } of readFields(attribute)) {
      if (number === ATTRIBUTE.tensor || number === ATTRIBUTE.tensors) scanTensor(bytes, found, result);
      else if (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) scanGraph(bytes, found, depth + 1);
      else if (number === ATTRIBUTE.sparse || number === ATTRIBUTE.sparses)
        for (const inner of readFields(bytes)) if (inner.number <= 2) scanTensor(inner.bytes, found);
    }
  const shape = found.constants.get(inputs[operator === "Expand" ? 1 : 0] ?? "");
  if ((operator === "ConstantOfShape" || operator === "Expand") && shape !== undefined && sizeOf(shape) > MOST_FILLED)
    throw new Error(`its node ${operator} fills a tensor of [${shape.join(", ")}]`);
}

/** @param producedAs the name of the value, for a tensor in a node */
function scanTensor(tensor: Uint8Array, found: Found, producedAs?: string): void {
  const dims: number[] = [];
  const entries = new Map<string, string>();
  let [name, element, raw, typedBytes, isExternal]: [string, number, Uint8Array | undefined, number, boolean] = [
    "",
    0,
    undefined,
    0,
    false,
  ];
  for (const field of readFields(tensor)) {
    if (field.number === TENSOR.dims) dims.push(...numbersOf(field));
    else if (field.number === TENSOR.dataType) element = field.value;
    else if (field.number === TENSOR.name) name = textOf(field);
    else if (field.number === TENSOR.rawData) raw = field.bytes;
    else if (field.number === TENSOR.location) isExternal = field.value !== 0;
    else if (field.number === TENSOR.external) readEntry(field.bytes, entries);
    // A value takes a byte at least, or a field of its own.
    else if (TYPED_DATA.has(field.number)) typedBytes += Math.max(1, field.bytes.length);
  }
  const size = sizeOf(dims);
  const bits = BITS[element];
  const bytes = bits === undefined ? Math.ceil(size / 8) : Math.ceil((size * bits) / 8);
  const lies = `its tensor ${JSON.stringify(name.slice(0, 80))} of [${dims.slice(0, 8).join(", ")}]`;
  found.shapes.set(name, dims);
  if (isExternal) {
    const [location, offset, length] = [entries.get("location"), entries.get("offset"), entries.get("length")];
    if (location === undefined || location === "") throw new Error(`${lies} lies in a file without a name`);
    const [from, count] = [countOf(offset ?? "0"), countOf(length ?? String(bytes))];
    if (from === undefined || count === undefined || count < bytes)
      throw new Error(`${lies} lies in ${length ?? "?"} bytes of a file, and takes ${bytes}`);
    found.external.push({ location, end: from + count });
  } else if (raw !== undefined ? raw.length < bytes : typedBytes < size)
    throw new Error(`${lies} comes with the data of a smaller one`);
  else if (element === INT64 && raw !== undefined && size <= 16)
    found.constants.set(producedAs ?? name, [...integersOf(raw)]);
}

function readEntry(bytes: Uint8Array, entries: Map<string, string>): void {
  let [key, value] = ["", ""];
  for (const field of readFields(bytes)) {
    if (field.number === ENTRY.key) key = textOf(field);
    else if (field.number === ENTRY.value) value = textOf(field);
  }
  entries.set(key, value);
}

function countOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, one) => product * one, 1);
}

function* integersOf(raw: Uint8Array): Generator<number> {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let at = 0; at + 8 <= raw.length; at += 8) yield Number(view.getBigInt64(at, true));
}

/** A repeated whole number, each in a field of its own or all of them in one. */
function numbersOf(field: Field): number[] {
  if (field.bytes.length === 0) return [field.value];
  const values: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of field.bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    values.push(value);
    [value, scale] = [0, 1];
  }
  return values;
}
