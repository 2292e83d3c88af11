import { InferenceSession, Tensor } from "onnxruntime-node";
import { countsTensor, standardNode } from "../model-tensor.ts";
import { type ModelNode, type OnnxModel, writeModel } from "../onnx-model.ts";
import { padBatch, type PaddedBatch } from "../pad-batch.ts";
import { writeField } from "../protobuf.ts";
import type { ProductGroup } from "./find-products.ts";
import { standardOpset } from "./model-opset.ts";

export interface CalibrateOptions {
  readonly padTokenId: number;
  readonly onText?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** From this operator set on, ReduceMax takes its axes as an input. */
const AXES_AS_INPUT_OPSET = 18;

/**
 * Runs the float32 graph over the texts, each alone so that no padding is measured.
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
  const session = await openMeasuring(model, groups);
  try {
    const found = new Map(groups.map(({ input, rows }) => [input, new Float32Array(rows)]));
    for (const [index, text] of texts.entries()) {
      options.signal?.throwIfAborted();
      const results = await session.run(feedsOf(padBatch([text], options.padTokenId), session), largestNames(groups));
      for (const [input, largest] of found) raise(largest, results[largestOf(input)]?.data as Float32Array);
      options.onText?.(index + 1);
      // A run holds the thread; whoever wants to stop it is heard here.
      await new Promise(setImmediate);
    }
    return found;
  } finally {
    await session.release();
  }
}

async function openMeasuring(model: OnnxModel, groups: readonly ProductGroup[]): Promise<InferenceSession> {
  const tensors = new Map(model.tensors);
  const nodes: ModelNode[] = [];
  const outputs = new Map(model.outputs);
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
    outputs.set(largestOf(input), writeField(1, largestOf(input)));
  }
  const measuring = writeModel({ ...model, nodes: [...model.nodes, ...nodes], tensors, outputs });
  return InferenceSession.create(measuring, { executionProviders: ["cpu"], logSeverityLevel: 4 });
}

/** Token types are 0 everywhere. */
export function feedsOf({ count, longest, ids, mask }: PaddedBatch, session: InferenceSession): Record<string, Tensor> {
  const as = (values: BigInt64Array): Tensor => new Tensor("int64", values, [count, longest]);
  const feeds: Record<string, Tensor> = { input_ids: as(ids), attention_mask: as(mask) };
  if (session.inputNames.includes("token_type_ids")) feeds["token_type_ids"] = as(new BigInt64Array(ids.length));
  return feeds;
}

function raise(largest: Float32Array, seen: Float32Array): void {
  for (let i = 0; i < largest.length; i++) largest[i] = Math.max(largest[i] ?? 0, seen[i] ?? 0);
}

function largestNames(groups: readonly ProductGroup[]): string[] {
  return groups.map(({ input }) => largestOf(input));
}

const largestOf = (input: string): string => `${input}::largest`;
