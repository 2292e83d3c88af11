import { countsTensor, standardNode } from "../model-tensor.ts";
import type { ModelNode, ModelTensor, OnnxModel } from "../onnx-model.ts";
import type { ProductGroup } from "./find-products.ts";
import { measureTexts, type MeasureOptions, type Measuring } from "./measure-texts.ts";

/** Numbers of one session's moments, some 250 MB: a large model's are measured in several rounds. */
const MOST_AT_ONCE = 64_000_000;

/**
 * How the channels of each group's input go together: the sum of the products of each two, over all tokens of the texts.
 * @returns by the groups' inputs, [rows, rows]; each group's given away once, as all of them may take gigabytes
 */
export async function* inputMoments(
  model: OnnxModel,
  groups: readonly ProductGroup[],
  texts: readonly Int32Array[],
  options: MeasureOptions,
): AsyncGenerator<{ readonly group: ProductGroup; readonly moments: Float32Array }> {
  for (const together of inRounds(groups)) {
    const sums = new Map(together.map((group) => [group, new Float32Array(group.rows ** 2)]));
    for await (const valuesOf of measureTexts(model, momentValues(together), texts, options))
      for (const [{ input }, sum] of sums) add(sum, valuesOf(momentsOf(input)));
    for (const [group, moments] of sums) yield { group, moments };
  }
}

function inRounds(groups: readonly ProductGroup[]): ProductGroup[][] {
  const rounds: ProductGroup[][] = [];
  let size = Infinity;
  for (const group of groups) {
    const own = group.rows ** 2;
    if (size + own > MOST_AT_ONCE) {
      rounds.push([]);
      size = 0;
    }
    rounds.at(-1)?.push(group);
    size += own;
  }
  return rounds;
}

function momentValues(groups: readonly ProductGroup[]): Measuring {
  const tensors = new Map<string, ModelTensor>();
  const nodes: ModelNode[] = [];
  for (const { input, rows } of groups) {
    const flat = `${input}::flat`;
    tensors.set(`${flat}.shape`, countsTensor(-1, rows));
    nodes.push(
      standardNode("Reshape", [input, `${flat}.shape`], flat),
      standardNode("Transpose", [flat], `${flat}.columns`, { perm: [1, 0] }),
      standardNode("MatMul", [`${flat}.columns`, flat], momentsOf(input)),
    );
  }
  return { nodes, tensors, values: groups.map(({ input }) => momentsOf(input)) };
}

function add(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (more[i] ?? 0);
}

const momentsOf = (input: string): string => `${input}::moments`;
