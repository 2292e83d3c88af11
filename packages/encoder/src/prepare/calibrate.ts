import { countsTensor, standardNode } from "../model-tensor.ts";
import type { ModelNode, ModelTensor, OnnxModel } from "../onnx-model.ts";
import { AXES_AS_INPUT_OPSET } from "../onnx-parts.ts";
import type { ProductGroup } from "./find-products.ts";
import { measureTexts, type MeasureOptions, type Measuring } from "./measure-texts.ts";
import { standardOpset } from "./model-opset.ts";

export interface CalibrateOptions extends MeasureOptions {
  readonly onText?: (done: number) => void;
}

/**
 * How large the channels of each group's input become over the texts.
 * @param texts token ids of each text, special tokens included
 * @returns the largest magnitude of each channel, by the groups' inputs
 * @throws the signal's reason when it is aborted
 */
export async function calibrate(
  model: OnnxModel,
  groups: readonly ProductGroup[],
  texts: readonly Int32Array[],
  options: CalibrateOptions,
): Promise<Map<string, Float32Array>> {
  const found = new Map(groups.map(({ input, rows }) => [input, new Float32Array(rows)]));
  let done = 0;
  for await (const valuesOf of measureTexts(model, largestValues(model, groups), texts, options)) {
    for (const [input, largest] of found) raise(largest, valuesOf(largestOf(input)));
    options.onText?.((done += 1));
  }
  return found;
}

function largestValues(model: OnnxModel, groups: readonly ProductGroup[]): Measuring {
  const tensors = new Map<string, ModelTensor>();
  const nodes: ModelNode[] = [];
  const axesAsInput = standardOpset(model) >= AXES_AS_INPUT_OPSET;
  tensors.set("polyseme_first_axis", countsTensor(0));
  for (const { input, rows } of groups) {
    const flat = `${input}::flat`;
    tensors.set(`${flat}.shape`, countsTensor(-1, rows));
    nodes.push(
      standardNode("Reshape", [input, `${flat}.shape`], flat),
      standardNode("Abs", [flat], `${input}::abs`),
      axesAsInput
        ? standardNode("ReduceMax", [`${input}::abs`, "polyseme_first_axis"], largestOf(input), { keepdims: 0 })
        : standardNode("ReduceMax", [`${input}::abs`], largestOf(input), { axes: [0], keepdims: 0 }),
    );
  }
  return { nodes, tensors, values: groups.map(({ input }) => largestOf(input)) };
}

function raise(largest: Float32Array, seen: Float32Array): void {
  for (let i = 0; i < largest.length; i++) largest[i] = Math.max(largest[i] ?? 0, seen[i] ?? 0);
}

const largestOf = (input: string): string => `${input}::largest`;
