import {
  ELEMENT,
  floatAttribute,
  intAttribute,
  tensorAttribute,
  withoutAttributes,
  type ModelNode,
  type ModelTensor,
  type OnnxModel,
} from "./onnx-model.ts";
import { linksOf, livePart, type Links } from "./model-links.ts";
import { floatTensor, scalarTensor, standardNode, valuesOf } from "./model-tensor.ts";

/**
 * The graph in float32 and standard operators, which every device has kernels for and fuses its own way.
 *
 * An integer product becomes one of its weights as floats; the rounding of its activations is left out. Kept, as `Round`
 * of floats, it would not make the vectors those of the integer graph: a difference in the last digit turns one rounding
 * over, which turns others over in the layers behind it. Over 500 texts in float32, cosine with the integer graph was
 * 0.99984 (worst 0.99932) with it and 0.99954 (worst 0.99807) without, with the float32 model 0.99885 and 0.99931; in
 * half precision nothing was left of the gain. Without it devices and precisions agree with each other.
 * @throws Error when it has operators that are neither standard nor known here.
 */
export function toFloatGraph(model: OnnxModel): OnnxModel {
  const tensors = new Map(model.tensors);
  const nodes: ModelNode[] = [];
  const writer: Writer = { tensors, add: (...added) => nodes.push(...added) };
  const links = linksOf(model);
  const rescales = new Set<ModelNode>();
  const int8Rows = new Set<string>();
  for (const node of model.nodes) {
    const rewrite = REWRITES[node.domain === "" ? node.operator : `${node.domain}.${node.operator}`];
    if (rescales.has(node)) {
      const [product = ""] = integerProductsOf(node, links);
      writer.add(standardNode("Identity", [product], node.outputs[0] ?? ""));
    } else if (rewrite !== undefined) rewrite(node, writer, links, rescales);
    else if (isInt8Gather(node, model)) {
      int8Rows.add(node.outputs[0] ?? "");
      writer.add(widenTable(node, writer));
    } else if (node.operator === "Cast" && int8Rows.has(node.inputs[0] ?? ""))
      writer.add({ ...node, operator: "Identity", attributes: [] });
    else {
      if (node.domain !== "") throw new Error(`it has the operator ${node.domain}.${node.operator}`);
      if (isIntegerOperator(node.operator)) throw new Error(`it has the integer operator ${node.operator}`);
      writer.add(node);
    }
  }
  return livePart({ ...model, nodes, tensors });
}

/** Whether the graph multiplies integers, for which no GPU has kernels in onnxruntime: left so, they run on the CPU. */
export function isIntegerOperator(operator: string): boolean {
  return /Integer|^QLinear|^QAttention$|^QGemm$|^(Dynamic)?Quantize|^DynamicQuantize|^DequantizeLinear$/.test(operator);
}

const INTEGER_PRODUCT = "com.microsoft.MatMulIntegerToFloat";

interface Writer {
  readonly tensors: Map<string, ModelTensor>;
  add(...nodes: readonly ModelNode[]): void;
}

/** @param rescales takes the nodes behind a product that only undo its rows' scales */
type Rewrite = (node: ModelNode, writer: Writer, links: Links, rescales: Set<ModelNode>) => void;

const REWRITES: Readonly<Record<string, Rewrite>> = {
  Constant: (node, { tensors }) => {
    const value = tensorAttribute(node, "value");
    if (value === undefined) throw new Error("it has a constant that is no tensor");
    tensors.set(node.outputs[0] ?? "", value);
  },
  // Dropped here; the product that reads it writes what it needs.
  QuantizeLinear: () => undefined,
  [INTEGER_PRODUCT]: (node, writer, links, rescales) => {
    const [input = "", weights = "", inputScale = "", weightScale = "", inputZero = "", weightZero = "", bias = ""] =
      node.inputs;
    const result = node.outputs[0] ?? "";
    const source = quantisingOf(input, links);
    if (source === undefined) throw new Error("it multiplies integers that are not quantised before it");
    // Dividing by the scale before the product and multiplying by it behind undo each other.
    const scale = source.scale === undefined ? 1 : scalarOf(writer, source.scale);
    if (scale !== scalarOf(writer, inputScale))
      throw new Error("a product takes another scale off its activations than was put on");
    if (source.zero !== inputZero) throw new Error("a product takes off another zero point than was put on");
    if (weightZero !== "" && tensorOf(writer, weightZero).data.some((zero) => zero !== 0))
      throw new Error("its weights have zero points other than 0");
    writer.tensors.set(weights, dequantised(tensorOf(writer, weights), valuesOf(tensorOf(writer, weightScale))));
    const { own } = source;
    const isRescaled = bias === "" && own !== undefined && isMultipliedBy(own.scale, result, links);
    if (isRescaled) links.readers(result).forEach((reader) => rescales.add(reader));
    const rows = isRescaled ? own.rows : source.rows;
    if (rows === undefined)
      throw new Error("its rows are divided by their own scales and not multiplied by them again");
    const product = bias === "" ? result : `${result}.product`;
    writer.add(standardNode("MatMul", [rows, weights], product));
    if (bias !== "") writer.add(standardNode("Add", [product, bias], result));
  },
  "com.microsoft.FusedMatMul": (node, writer) => {
    const [left = "", right = ""] = node.inputs;
    const result = node.outputs[0] ?? "";
    if ((intAttribute(node, "transA") ?? 0) !== 0)
      throw new Error("its operator FusedMatMul transposes its first input");
    const alpha = floatAttribute(node, "alpha") ?? 1;
    writer.tensors.set(`${result}.alpha`, scalarTensor(alpha));
    // Attention's [batch, heads, tokens, size]; a product of another shape fails when the session is opened.
    const isTransposed = (intAttribute(node, "transB") ?? 0) !== 0;
    if (isTransposed) writer.add(standardNode("Transpose", [right], `${result}.right`, { perm: [0, 1, 3, 2] }));
    writer.add(
      standardNode("Mul", [left, `${result}.alpha`], `${result}.left`),
      standardNode("MatMul", [`${result}.left`, isTransposed ? `${result}.right` : right], result),
    );
  },
  "com.microsoft.BiasGelu": addGelu,
  // Here it stands for the exact one, which costs a device nothing.
  "com.microsoft.FastGelu": addGelu,
  "com.microsoft.SkipLayerNormalization": (node, writer) => {
    const [input = "", skip = "", gamma = "", beta = "", bias] = node.inputs;
    const result = node.outputs[0] ?? "";
    if (node.outputs.slice(1).some((name) => name !== ""))
      throw new Error("its operator SkipLayerNormalization gives more than one value");
    writer.add(standardNode("Add", [input, skip], `${result}.sum`));
    if (bias !== undefined && bias !== "") writer.add(standardNode("Add", [`${result}.sum`, bias], `${result}.biased`));
    const summed = bias !== undefined && bias !== "" ? `${result}.biased` : `${result}.sum`;
    writer.add({
      operator: "LayerNormalization",
      domain: "",
      inputs: [summed, gamma, beta],
      outputs: [result],
      // Its axis is the last one by default.
      attributes: withoutAttributes(node, ["axis"]),
    });
  },
  Sum: (node, writer) => {
    const result = node.outputs[0] ?? "";
    let sum = node.inputs[0] ?? "";
    node.inputs.slice(1).forEach((next, index) => {
      const partial = index === node.inputs.length - 2 ? result : `${result}.${index}`;
      writer.add(standardNode("Add", [sum, next], partial));
      sum = partial;
    });
    if (node.inputs.length === 1) writer.add(standardNode("Identity", [sum], result));
  },
};

/** By the error function, of the input and a bias where there is one. */
function addGelu(node: ModelNode, writer: Writer): void {
  const [input = "", bias = ""] = node.inputs;
  const result = node.outputs[0] ?? "";
  const constant = (name: string, value: number): string => {
    writer.tensors.set(`${result}.${name}`, scalarTensor(value));
    return `${result}.${name}`;
  };
  const x = bias === "" ? input : `${result}.x`;
  if (bias !== "") writer.add(standardNode("Add", [input, bias], x));
  writer.add(
    standardNode("Div", [x, constant("root2", Math.SQRT2)], `${result}.over`),
    standardNode("Erf", [`${result}.over`], `${result}.erf`),
    standardNode("Add", [`${result}.erf`, constant("one", 1)], `${result}.both`),
    standardNode("Mul", [x, `${result}.both`], `${result}.twice`),
    standardNode("Mul", [`${result}.twice`, constant("half", 0.5)], result),
  );
}

function isInt8Gather(node: ModelNode, model: OnnxModel): boolean {
  return node.operator === "Gather" && model.tensors.get(node.inputs[0] ?? "")?.element === ELEMENT.int8;
}

function widenTable(node: ModelNode, writer: Writer): ModelNode {
  const name = node.inputs[0] ?? "";
  const table = tensorOf(writer, name);
  if (table.element === ELEMENT.int8)
    writer.tensors.set(name, floatTensor(table.dims, new Float32Array(valuesOf(table))));
  return node;
}

function tensorOf({ tensors }: Writer, name: string): ModelTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`its value ${name} is no constant`);
  return tensor;
}

/** How activations became integers. */
interface Quantising {
  /** What one scale was put on; undefined: there are no such rows, each was put on its own at once. */
  readonly rows: string | undefined;
  /** undefined: 1. */
  readonly scale: string | undefined;
  readonly zero: string;
  /** The rows before each was divided by a scale of its own. */
  readonly own: { readonly rows: string; readonly scale: string } | undefined;
}

function quantisingOf(integers: string, links: Links): Quantising | undefined {
  const producer = links.producer(integers);
  if (producer?.operator === "Reshape") return quantisedByRow(producer, links);
  if (producer?.operator !== "QuantizeLinear") return undefined;
  const [rows = "", scale = "", zero = ""] = producer.inputs;
  const divided = links.producer(rows);
  const [before = "", inverse] = divided?.operator === "Mul" ? divided.inputs : [];
  const reciprocal = links.producer(inverse);
  const own = reciprocal?.operator === "Reciprocal" ? { rows: before, scale: reciprocal.inputs[0] ?? "" } : undefined;
  return { rows, scale, zero, own };
}

/** The rows were laid along the axis that has a scale for each, and laid out again. */
function quantisedByRow(reshape: ModelNode, links: Links): Quantising | undefined {
  const quantise = links.producer(reshape.inputs[0]);
  if (quantise?.operator !== "QuantizeLinear") return undefined;
  const parts = quantise.inputs.map((name) => links.producer(name));
  if (parts.map((part) => part?.operator).join() !== "Reshape,Reshape,Expand") return undefined;
  const [rows = "", scale = "", zero = ""] = parts.map((part) => part?.inputs[0] ?? "");
  return { rows: undefined, scale: undefined, zero, own: { rows, scale } };
}

/** Whether all that reads it multiplies it by that scale. */
function isMultipliedBy(scale: string, result: string, links: Links): boolean {
  return links
    .readers(result)
    .every(({ operator, inputs }) => operator === "Mul" && inputs[0] === result && inputs[1] === scale);
}

/** [rows, columns] of int8 by each column's scale. */
function dequantised(table: ModelTensor, scales: ArrayLike<number>): ModelTensor {
  const columns = table.dims.at(-1) ?? 1;
  if (table.dims.length !== 2 || (scales.length !== 1 && scales.length !== columns))
    throw new Error("its weights are not scaled by column");
  const step = scales.length === 1 ? 0 : 1;
  const values = new Float32Array(valuesOf(table));
  // Loops: a function called for each of some ten million values takes seconds.
  for (let at = 0; at < values.length; at += columns)
    for (let column = 0; column < columns; column += 1)
      values[at + column] = (values[at + column] ?? 0) * (scales[column * step] ?? 0);
  return floatTensor(table.dims, values);
}

function integerProductsOf({ inputs }: ModelNode, links: Links): string[] {
  return inputs.filter((name) => links.producer(name)?.operator === INTEGER_PRODUCT.split(".").at(-1));
}

function scalarOf(writer: Writer, name: string | undefined): number {
  const values = valuesOf(tensorOf(writer, name ?? ""));
  if (values.length !== 1) throw new Error("it quantises activations by more than one constant scale");
  return values[0] ?? 1;
}
