import { countsTensor, scalarTensor, standardNode } from "../model-tensor.ts";
import { ELEMENT, type ModelNode, type ModelTensor, type OnnxModel } from "../onnx-model.ts";
import { stepsAbove, stepsBelow, type Steps } from "./find-steps.ts";
import { standardOpset } from "./model-opset.ts";
import { LAST_AXIS, reduceLastAxis } from "./reduce-last-axis.ts";

/** A row of zeros has no scale of its own. */
const LEAST_SCALE = 1e-8;
/** From this operator set on `QuantizeLinear` takes a scale a row. */
const SCALE_A_ROW_OPSET = 13;

/** The name of the constant 1. */
export const ONE = "polyseme_one";
const LEAST = "polyseme_least";
const UNROLLED = "polyseme_unrolled";

/** Constants that the nodes of all groups read. */
export const SHARED_TENSORS: ReadonlyMap<string, ModelTensor> = new Map([
  [ONE, scalarTensor(1)],
  [LEAST, scalarTensor(LEAST_SCALE)],
  [LAST_AXIS, countsTensor(-1)],
  [UNROLLED, countsTensor(-1)],
]);

interface Part {
  readonly nodes: readonly ModelNode[];
  readonly tensors: ReadonlyMap<string, ModelTensor>;
}

/**
 * Nodes that turn the rows [..., width] into uint8, named after the group's input: `::integers`, the constant `::zero`, and
 * `::scale`, a constant, or [..., 1] where each row has its own.
 */
export function quantiseRowsOf(
  model: OnnxModel,
  input: string,
  { rows, width }: { readonly rows: string; readonly width: number },
  steps: Steps,
): Part {
  const name = (part: string): string => `${input}::${part}`;
  const zero = { dims: [], element: ELEMENT.uint8, data: Uint8Array.of(steps.zero) };
  const tensors = new Map<string, ModelTensor>([[name("zero"), zero]]);
  if (steps.scale !== undefined) {
    tensors.set(name("scale"), scalarTensor(steps.scale));
    const quantise = standardNode("QuantizeLinear", [rows, name("scale"), name("zero")], name("integers"));
    return { nodes: [quantise], tensors };
  }
  const scale = scaleOfRows(model, rows, steps, name);
  const divide = standardOpset(model) >= SCALE_A_ROW_OPSET ? byRow(rows, width, name) : byReciprocal(rows, name);
  return {
    nodes: [...scale.nodes, ...divide.nodes],
    tensors: new Map([...tensors, ...scale.tensors, ...divide.tensors]),
  };
}

type Names = (part: string) => string;

function scaleOfRows(model: OnnxModel, rows: string, { zero, leastScale }: Steps, name: Names): Part {
  const tensors = new Map([[name("above"), scalarTensor(1 / stepsAbove(zero))]]);
  const above = [
    reduceLastAxis(model, "ReduceMax", rows, name("most")),
    standardNode("Mul", [name("most"), name("above")], name("scale.above")),
  ];
  if (leastScale !== undefined) {
    tensors.set(name("scale.least"), scalarTensor(Math.max(leastScale, LEAST_SCALE)));
    const scale = standardNode("Max", [name("scale.above"), name("scale.least")], name("scale"));
    return { nodes: [...above, scale], tensors };
  }
  tensors.set(name("below"), scalarTensor(-1 / stepsBelow(zero)));
  const nodes = [
    ...above,
    reduceLastAxis(model, "ReduceMin", rows, name("least")),
    standardNode("Mul", [name("least"), name("below")], name("scale.below")),
    standardNode("Max", [name("scale.above"), name("scale.below"), LEAST], name("scale")),
  ];
  return { nodes, tensors };
}

/** `QuantizeLinear` takes scales along one axis, so the rows are laid along it: no product of each number first. */
function byRow(rows: string, width: number, name: Names): Part {
  const tensors = new Map([[name("row"), countsTensor(-1, width)]]);
  const nodes = [
    standardNode("Shape", [rows], name("shape")),
    standardNode("Reshape", [rows, name("row")], name("rows")),
    standardNode("Reshape", [name("scale"), UNROLLED], name("scales")),
    standardNode("Shape", [name("scales")], name("count")),
    standardNode("Expand", [name("zero"), name("count")], name("zeros")),
    standardNode("QuantizeLinear", [name("rows"), name("scales"), name("zeros")], name("steps"), { axis: 0 }),
    standardNode("Reshape", [name("steps"), name("shape")], name("integers")),
  ];
  return { nodes, tensors };
}

function byReciprocal(rows: string, name: Names): Part {
  const nodes = [
    standardNode("Reciprocal", [name("scale")], name("inverse")),
    standardNode("Mul", [rows, name("inverse")], name("steps")),
    standardNode("QuantizeLinear", [name("steps"), ONE, name("zero")], name("integers")),
  ];
  return { nodes, tensors: new Map() };
}
