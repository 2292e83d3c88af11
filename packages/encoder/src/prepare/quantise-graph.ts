import { STATIC_OUTPUT, inputTableRows } from "../append-outputs.ts";
import { linksOf, livePart, type Links } from "../model-links.ts";
import { floatTensor, standardNode, valuesOf } from "../model-tensor.ts";
import { ELEMENT, type ModelNode, type ModelTensor, type OnnxModel } from "../onnx-model.ts";
import { metadataField } from "../onnx-graph.ts";
import { valueInfo } from "../onnx-parts.ts";
import { NO_OVERFLOW } from "../read-model-folder.ts";
import type { ActivationPlan } from "./choose-smoothing.ts";
import type { Product, ProductGroup } from "./find-products.ts";
import { EVEN_STEPS, type Steps } from "./find-steps.ts";
import { withNeededOpsets } from "./model-opset.ts";
import { ONE, SHARED_TENSORS, quantiseRowsOf } from "./quantise-activations.ts";
import { quantiseColumns, quantiseRows, weightsOf, type QuantisedWeights } from "./quantise-weights.ts";

export interface QuantisedGraph {
  readonly model: OnnxModel;
  /** Products that multiply integers now, and those that stay as they were. */
  readonly integerProducts: number;
  readonly floatProducts: number;
  readonly hasInt8Table: boolean;
}

/** What reads a sum first when it normalises it; the mean where exporters wrote the norm in parts. */
const NORMS = new Set(["LayerNormalization", "ReduceMean"]);
/** A table below this is not worth two more nodes. */
const LEAST_TABLE_ROWS = 1_000;

/** What quantising needs to know. By the groups' inputs, where nothing else is said. */
export interface QuantisePlan {
  readonly groups: readonly ProductGroup[];
  /** A group without a plan stays as it is. */
  readonly activations: ReadonlyMap<string, ActivationPlan>;
  /** By product; those without are rounded one by one. */
  readonly weights: ReadonlyMap<Product, QuantisedWeights>;
}

/**
 * The graph with its products in integers. A token's row is quantised by its own largest magnitude at run time, or by a
 * scale that is always the same, so that its vector depends on its own text alone, whatever else is in the batch.
 */
export function quantiseGraph(model: OnnxModel, plan: QuantisePlan): QuantisedGraph {
  const { groups, activations } = plan;
  const writer = new Quantiser(model, plan);
  const chosen = groups.filter(({ input }) => activations.has(input));
  for (const group of chosen) writer.plan(group, activations.get(group.input)?.factors);
  for (const node of model.nodes) writer.add(node);
  const integerProducts = chosen.reduce((sum, { products }) => sum + products.length, 0);
  const all = groups.reduce((sum, { products }) => sum + products.length, 0);
  return {
    model: withoutOverflow(withNeededOpsets(livePart(writer.result()))),
    integerProducts,
    floatProducts: all - integerProducts,
    hasInt8Table: writer.hasInt8Table,
  };
}

function withoutOverflow(model: OnnxModel): OnnxModel {
  return { ...model, header: [...model.header, metadataField(NO_OVERFLOW.key, NO_OVERFLOW.value)] };
}

class Quantiser {
  readonly #model: OnnxModel;
  readonly #links: Links;
  readonly #nodes: ModelNode[] = [];
  readonly #tensors: Map<string, ModelTensor>;
  readonly #products = new Map<ModelNode, { group: ProductGroup; product: Product }>();
  readonly #smoothing = new Map<string, Float32Array | undefined>();
  readonly #quantised = new Set<string>();
  /** Sums that products make themselves. */
  readonly #added = new Set<ModelNode>();
  readonly #tableRows: string | undefined;
  readonly #plan: QuantisePlan;
  hasInt8Table = false;

  constructor(model: OnnxModel, plan: QuantisePlan) {
    this.#model = model;
    this.#plan = plan;
    this.#links = linksOf(model);
    this.#tensors = new Map(model.tensors);
    this.#tableRows = inputTableRows(model);
    for (const [name, tensor] of SHARED_TENSORS) this.#tensors.set(name, tensor);
  }

  /** Writes the group's weights down as integers. */
  plan(group: ProductGroup, smoothing: Float32Array | undefined): void {
    const isFolded = smoothing !== undefined && this.#folded(group, smoothing);
    this.#smoothing.set(group.input, isFolded ? undefined : smoothing);
    const factors = smoothing ?? new Float32Array(group.rows).fill(1);
    group.products.forEach((product) => {
      const quantised =
        this.#plan.weights.get(product) ??
        quantiseColumns(weightsOf(product, this.#model), product.columns, factors, undefined);
      const name = product.node.outputs[0] ?? "";
      this.#tensors.set(`${name}::weights`, quantised.values);
      this.#tensors.set(`${name}::scales`, quantised.scales);
      this.#products.set(product.node, { group, product });
    });
  }

  add(node: ModelNode): void {
    const planned = this.#products.get(node);
    if (this.#added.has(node)) return;
    if (planned !== undefined) this.#addProduct(planned.group, planned.product);
    else if (node.outputs[0] === this.#tableRows && node.operator === "Gather") this.#addTable(node);
    else this.#nodes.push(this.#asSum(node));
  }

  result(): OnnxModel {
    return { ...this.#model, nodes: this.#nodes, tensors: this.#tensors, outputs: this.#outputs() };
  }

  /** Into the norm before it, where nobody else reads that norm's result. */
  #folded({ input, products }: ProductGroup, factors: Float32Array): boolean {
    const norm = this.#links.producer(input);
    if (norm?.operator !== "LayerNormalization" || this.#model.outputs.has(input)) return false;
    if (this.#links.readers(input).some((reader) => products.every(({ node }) => node !== reader))) return false;
    const parameters = norm.inputs.slice(1).filter((name) => name !== "");
    const isOwn = (name: string): boolean => this.#links.readers(name).length === 1;
    if (!parameters.every((name) => this.#model.tensors.get(name)?.element === ELEMENT.float && isOwn(name)))
      return false;
    for (const name of parameters) {
      const tensor = this.#tensors.get(name);
      if (tensor === undefined) return false;
      const values = Float32Array.from(valuesOf(tensor), (value, index) => value / (factors[index] ?? 1));
      this.#tensors.set(name, floatTensor(tensor.dims, values));
    }
    return true;
  }

  #addProduct(group: ProductGroup, { node, bias }: Product): void {
    const result = node.outputs[0] ?? "";
    const { input } = group;
    const { scale } = this.#stepsOf(input);
    if (!this.#quantised.has(input)) this.#quantiseInput(group);
    if (scale !== undefined) {
      const { sum = result, added = bias } = this.#biasAfter(node, bias);
      this.#nodes.push(integerProduct(input, result, { scale: `${input}::scale`, bias: added, output: sum }));
      return;
    }
    const scaled = bias === undefined ? result : `${result}::scaled`;
    const output = `${result}::product`;
    this.#nodes.push(
      integerProduct(input, result, { scale: ONE, bias: undefined, output }),
      standardNode("Mul", [output, `${input}::scale`], scaled),
    );
    if (bias !== undefined) this.#nodes.push(standardNode("Add", [scaled, bias], result));
  }

  #quantiseInput({ input, rows: width }: ProductGroup): void {
    this.#quantised.add(input);
    const rows = { rows: this.#smoothed(input), width };
    const { nodes, tensors } = quantiseRowsOf(this.#model, input, rows, this.#stepsOf(input));
    this.#nodes.push(...nodes);
    for (const [name, tensor] of tensors) this.#tensors.set(name, tensor);
  }

  #stepsOf(input: string): Steps {
    return this.#plan.activations.get(input)?.steps ?? EVEN_STEPS;
  }

  /** The activations divided by their channels' factors, where the norm before them does not do so. */
  #smoothed(input: string): string {
    const factors = this.#smoothing.get(input);
    if (factors === undefined) return input;
    const inverse = floatTensor(
      [factors.length],
      factors.map((factor) => 1 / factor),
    );
    this.#tensors.set(`${input}::factors`, inverse);
    this.#nodes.push(standardNode("Mul", [input, `${input}::factors`], `${input}::smooth`));
    return `${input}::smooth`;
  }

  /** The bias that is added to nothing but this product, and the sum's name. */
  #biasAfter(node: ModelNode, own: string | undefined): { readonly sum?: string; readonly added?: string } {
    const result = node.outputs[0] ?? "";
    const [reader, ...others] = this.#links.readers(result);
    if (own !== undefined || reader?.operator !== "Add" || others.length > 0 || this.#model.outputs.has(result))
      return {};
    const bias = reader.inputs.find((name) => name !== result) ?? "";
    const tensor = this.#model.tensors.get(bias);
    if (tensor?.element !== ELEMENT.float || tensor.dims.length !== 1) return {};
    if (tensor.dims[0] !== this.#products.get(node)?.product.columns) return {};
    this.#added.add(reader);
    return { sum: reader.outputs[0] ?? "", added: bias };
  }

  /** The rows of the input table, from int8. */
  #addTable(node: ModelNode): void {
    const [name = "", ids = ""] = node.inputs;
    const rows = node.outputs[0] ?? "";
    const table = this.#model.tensors.get(name);
    if (table?.element !== ELEMENT.float || table.dims.length !== 2 || (table.dims[0] ?? 0) < LEAST_TABLE_ROWS) {
      this.#nodes.push(node);
      return;
    }
    this.hasInt8Table = true;
    const { values, scales } = quantiseRows(table);
    this.#tensors.set(`${rows}::table`, values);
    this.#tensors.set(`${rows}::scales`, scales);
    this.#nodes.push(
      { ...node, inputs: [`${rows}::table`, ids], outputs: [`${rows}::integers`] },
      standardNode("Cast", [`${rows}::integers`], `${rows}::floats`, { to: ELEMENT.float }),
      { ...node, inputs: [`${rows}::scales`, ids], outputs: [`${rows}::scale`] },
      standardNode("Mul", [`${rows}::floats`, `${rows}::scale`], rows),
    );
    if (!this.#model.outputs.has(STATIC_OUTPUT)) this.#nodes.push(standardNode("Identity", [rows], STATIC_OUTPUT));
  }

  /**
   * The sum before a norm as `Sum`: onnxruntime would fuse an `Add` with the norm behind it, and its fused kernel takes
   * longer than both (18 % of a run against 4 %).
   */
  #asSum(node: ModelNode): ModelNode {
    const result = node.outputs[0] ?? "";
    if (node.operator !== "Add" || node.domain !== "") return node;
    if (!this.#links.readers(result).some(({ operator }) => NORMS.has(operator))) return node;
    if (node.inputs.some((name) => this.#model.tensors.has(name))) return node;
    const terms = node.inputs.flatMap((name) => this.#termsOf(name));
    return { ...node, operator: "Sum", inputs: terms };
  }

  /** A bias that is added just before goes into the same sum. */
  #termsOf(name: string): readonly string[] {
    const added = this.#links.producer(name);
    const isOwn = this.#links.readers(name).length === 1 && !this.#model.outputs.has(name);
    if (added === undefined || this.#added.has(added)) return [name];
    const isBiased = added.operator === "Add" && added.inputs.some((one) => this.#model.tensors.has(one));
    return isOwn && isBiased ? added.inputs : [name];
  }

  #outputs(): ReadonlyMap<string, Uint8Array> {
    if (!this.hasInt8Table || this.#model.outputs.has(STATIC_OUTPUT)) return this.#model.outputs;
    return new Map([...this.#model.outputs, [STATIC_OUTPUT, Buffer.concat(valueInfo(STATIC_OUTPUT, "float"))]]);
  }
}

function integerProduct(
  input: string,
  result: string,
  { scale, bias, output }: { readonly scale: string; readonly bias: string | undefined; readonly output: string },
): ModelNode {
  const inputs = [`${input}::integers`, `${result}::weights`, scale, `${result}::scales`, `${input}::zero`];
  return {
    operator: "MatMulIntegerToFloat",
    domain: "com.microsoft",
    inputs: bias === undefined ? inputs : [...inputs, "", bias],
    outputs: [output],
    attributes: [],
  };
}
