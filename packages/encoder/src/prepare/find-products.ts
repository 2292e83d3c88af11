import { linksOf } from "../model-links.ts";
import { ELEMENT, floatAttribute, intAttribute, type ModelNode, type OnnxModel } from "../onnx-model.ts";

/** One matrix product of activations with constant weights: nearly all the work of an encoder. */
export interface Product {
  readonly node: ModelNode;
  /** The activations: a row of `rows` numbers a token. */
  readonly input: string;
  /** The weights' tensor: [rows, columns], or [columns, rows] when transposed. */
  readonly weights: string;
  readonly isTransposed: boolean;
  readonly rows: number;
  readonly columns: number;
  /** Added to the product by the node itself (Gemm). */
  readonly bias: string | undefined;
}

/** Products that read the same activations, as queries, keys and values do: their input is quantised once. */
export interface ProductGroup {
  readonly input: string;
  readonly rows: number;
  readonly products: readonly Product[];
}

/** Below this a product costs less than quantising its input. */
const LEAST_SIDE = 32;

/**
 * The products with constant weights, by the activations they read, in the graph's order. Found by what they are and not
 * by the architecture around them. Those whose activations do not come from the text (tables of relative positions, say)
 * are left out: they are computed once a batch, whatever its size.
 */
export function findProducts(model: OnnxModel): ProductGroup[] {
  const ofText = valuesOfText(model);
  const groups = new Map<string, Product[]>();
  for (const node of model.nodes) {
    const product = productOf(node, model);
    if (product === undefined || !ofText.has(product.input)) continue;
    groups.set(product.input, [...(groups.get(product.input) ?? []), product]);
  }
  return [...groups].flatMap(([input, products]) => {
    const rows = products[0]?.rows ?? 0;
    return [{ input, rows, products: products.filter((product) => product.rows === rows) }];
  });
}

function productOf(node: ModelNode, model: OnnxModel): Product | undefined {
  const [input = "", weights = "", bias = ""] = node.inputs;
  const tensor = model.tensors.get(weights);
  if (node.domain !== "" || tensor?.element !== ELEMENT.float || tensor.dims.length !== 2) return undefined;
  if (model.tensors.has(input)) return undefined;
  const isTransposed = node.operator === "Gemm" && (intAttribute(node, "transB") ?? 0) === 1;
  if (node.operator !== "MatMul" && !(node.operator === "Gemm" && isPlainGemm(node, bias, model))) return undefined;
  const [first = 0, second = 0] = tensor.dims;
  const [rows, columns] = isTransposed ? [second, first] : [first, second];
  if (rows < LEAST_SIDE || columns < LEAST_SIDE) return undefined;
  return { node, input, weights, isTransposed, rows, columns, bias: bias === "" ? undefined : bias };
}

function isPlainGemm(node: ModelNode, bias: string, model: OnnxModel): boolean {
  const isScaled = (floatAttribute(node, "alpha") ?? 1) !== 1 || (floatAttribute(node, "beta") ?? 1) !== 1;
  const isConstant = bias === "" || model.tensors.get(bias)?.dims.length === 1;
  return (intAttribute(node, "transA") ?? 0) === 0 && !isScaled && isConstant;
}

/** Values that depend on which tokens there are, and not on their count alone. */
function valuesOfText(model: OnnxModel): Set<string> {
  const links = linksOf(model);
  const found = new Set<string>();
  const waiting = ["input_ids"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const { operator, outputs } of links.readers(name))
      if (operator !== "Shape" && operator !== "Size") waiting.push(...outputs);
  }
  return found;
}
