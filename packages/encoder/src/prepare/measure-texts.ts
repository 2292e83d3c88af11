import { InferenceSession, Tensor } from "onnxruntime-node";
import { writeModel, type ModelNode, type ModelTensor, type OnnxModel } from "../onnx-model.ts";
import { padBatch, type PaddedBatch } from "../pad-batch.ts";
import { writeField } from "../protobuf.ts";

export interface MeasureOptions {
  readonly padTokenId: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a graph has more of while it is measured. */
export interface Measuring {
  readonly nodes: readonly ModelNode[];
  readonly tensors: ReadonlyMap<string, ModelTensor>;
  /** Values to fetch, float32. */
  readonly values: readonly string[];
}

/**
 * Runs the float32 graph over the texts, each alone so that no padding is measured.
 * @param texts token ids of each text, special tokens included
 * @returns what finds a text's values by their names, text by text
 * @throws the signal's reason when it is aborted
 */
export async function* measureTexts(
  model: OnnxModel,
  measuring: Measuring,
  texts: readonly Int32Array[],
  { padTokenId, signal }: MeasureOptions,
): AsyncGenerator<(name: string) => Float32Array> {
  const session = await openMeasuring(model, measuring);
  try {
    for (const text of texts) {
      signal?.throwIfAborted();
      const results = await session.run(feedsOf(padBatch([text], padTokenId), session), measuring.values);
      yield (name) => results[name]?.data as Float32Array;
      // A run holds the thread; whoever wants to stop it is heard here.
      await new Promise(setImmediate);
    }
  } finally {
    await session.release();
  }
}

function openMeasuring(model: OnnxModel, { nodes, tensors, values }: Measuring): Promise<InferenceSession> {
  const measuring = writeModel({
    ...model,
    nodes: [...model.nodes, ...nodes],
    tensors: new Map([...model.tensors, ...tensors]),
    outputs: new Map([...model.outputs, ...values.map((name) => [name, writeField(1, name)] as const)]),
  });
  return InferenceSession.create(measuring, { executionProviders: ["cpu"], logSeverityLevel: 4 });
}

/** Token types are 0 everywhere. */
function feedsOf({ count, longest, ids, mask }: PaddedBatch, session: InferenceSession): Record<string, Tensor> {
  const as = (values: BigInt64Array): Tensor => new Tensor("int64", values, [count, longest]);
  const feeds: Record<string, Tensor> = { input_ids: as(ids), attention_mask: as(mask) };
  if (session.inputNames.includes("token_type_ids")) feeds["token_type_ids"] = as(new BigInt64Array(ids.length));
  return feeds;
}
