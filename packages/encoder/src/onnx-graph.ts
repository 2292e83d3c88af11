import { type Field, readFields, textOf, writeField } from "./protobuf.ts";

/** What of an ONNX graph decides how it is run. Field numbers are those of onnx/onnx.proto. */
export interface OnnxGraph {
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  /** What its maker wrote down about it, by name. */
  readonly metadata: ReadonlyMap<string, string>;
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const MODEL = { graph: 7, opsetImport: 8, metadata: 14 };
const ENTRY = { key: 1, value: 2 };
const OPSET = { domain: 1, version: 2 };
const GRAPH = { node: 1, input: 11, output: 12 };
const NODE = { input: 1, output: 2, operator: 4 };
const VALUE_INFO_NAME = 1;

/**
 * Names and nodes of a ModelProto; weights are skipped, not copied.
 * @throws Error when the bytes are no whole ONNX model.
 */
export function readGraph(model: Uint8Array): OnnxGraph {
  let opset = 0;
  const graph = { inputs: [] as string[], outputs: [] as string[], nodes: [] as OnnxNode[] };
  const metadata = new Map<string, string>();
  let found = false;
  for (const field of readFields(model)) {
    if (field.number === MODEL.opsetImport) opset = Math.max(opset, standardVersion(field));
    if (field.number === MODEL.metadata) metadata.set(...readEntry(field));
    if (field.number !== MODEL.graph) continue;
    found = true;
    for (const part of readFields(field.bytes)) {
      if (part.number === GRAPH.node) graph.nodes.push(readNode(part));
      else if (part.number === GRAPH.input) graph.inputs.push(nameIn(part));
      else if (part.number === GRAPH.output) graph.outputs.push(nameIn(part));
    }
  }
  if (!found) throw new Error("it holds no graph");
  return { opset, ...graph, metadata };
}

function readEntry({ bytes }: Field): [string, string] {
  const parts = [...readFields(bytes)];
  const text = (wanted: number): string => {
    const part = parts.find(({ number }) => number === wanted);
    return part === undefined ? "" : textOf(part);
  };
  return [text(ENTRY.key), text(ENTRY.value)];
}

/** A model's field with one line of metadata. */
export function metadataField(key: string, value: string): Uint8Array {
  return writeField(MODEL.metadata, [writeField(ENTRY.key, key), writeField(ENTRY.value, value)]);
}

function standardVersion(opsetImport: Field): number {
  const fields = [...readFields(opsetImport.bytes)];
  const domain = fields.find(({ number }) => number === OPSET.domain);
  const isStandard = domain === undefined || ["", "ai.onnx"].includes(textOf(domain));
  return isStandard ? (fields.find(({ number }) => number === OPSET.version)?.value ?? 0) : 0;
}

function readNode(field: Field): OnnxNode {
  const node = { operator: "", inputs: [] as string[], outputs: [] as string[] };
  for (const part of readFields(field.bytes)) {
    if (part.number === NODE.input) node.inputs.push(textOf(part));
    else if (part.number === NODE.output) node.outputs.push(textOf(part));
    else if (part.number === NODE.operator) node.operator = textOf(part);
  }
  return node;
}

function nameIn(field: Field): string {
  for (const part of readFields(field.bytes)) if (part.number === VALUE_INFO_NAME) return textOf(part);
  return "";
}
