import { InferenceSession } from "onnxruntime-node";
import { countsTensor, standardNode } from "../model-tensor.ts";
import { writeModel, type ModelNode, type OnnxModel } from "../onnx-model.ts";
import { padBatch } from "../pad-batch.ts";
import { writeField } from "../protobuf.ts";
import { feedsOf } from "./calibrate.ts";
import type { ProductGroup } from "./find-products.ts";

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
  options: { readonly padTokenId: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<{ readonly group: ProductGroup; readonly moments: Float32Array }> {
  for (const together of inRounds(groups)) {
    const session = await openMeasuring(model, together);
    const sums = new Map(together.map((group) => [group, new Float32Array(group.rows ** 2)]));
    try {
      for (const text of texts) {
        options.signal?.throwIfAborted();
        const names = together.map(({ input }) => momentsOf(input));
        const results = await session.run(feedsOf(padBatch([text], options.padTokenId), session), names);
        for (const [{ input }, sum] of sums) add(sum, results[momentsOf(input)]?.data as Float32Array);
        await new Promise(setImmediate);
      }
    } finally {
      await session.release();
    }
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

async function openMeasuring(model: OnnxModel, groups: readonly ProductGroup[]): Promise<InferenceSession> {
  const tensors = new Map(model.tensors);
  const nodes: ModelNode[] = [];
  const outputs = new Map(model.outputs);
  for (const { input, rows } of groups) {
    const flat = `${input}::flat`;
    tensors.set(`${flat}.shape`, countsTensor(-1, rows));
    nodes.push(
      standardNode("Reshape", [input, `${flat}.shape`], flat),
      standardNode("Transpose", [flat], `${flat}.columns`, { perm: [1, 0] }),
      standardNode("MatMul", [`${flat}.columns`, flat], momentsOf(input)),
    );
    outputs.set(momentsOf(input), writeField(1, momentsOf(input)));
  }
  const measuring = writeModel({ ...model, nodes: [...model.nodes, ...nodes], tensors, outputs });
  return InferenceSession.create(measuring, { executionProviders: ["cpu"], logSeverityLevel: 4 });
}

function add(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (more[i] ?? 0);
}

const momentsOf = (input: string): string => `${input}::moments`;
