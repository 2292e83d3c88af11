import { EMBEDDING_OUTPUT, TOKEN_OUTPUTS, type ModelOutputs } from "./append-outputs.ts";
import { BadModelFile } from "./bad-model-file.ts";
import { isRecord } from "./json-values.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { ELEMENT } from "./onnx-model.ts";
import { graphAddition, node, output, tensor } from "./onnx-parts.ts";
import { largestOverTokens } from "./pooling-nodes.ts";

export const SPARSE_OUTPUT = "sparse_embedding";

/** What exporters of masked language models call their output: a number for each token of the vocabulary, at each token. */
const LOGITS = "logits";

/**
 * Whether a model's graph gives weights of its vocabulary: its modules say so, or it is a masked language model that gives
 * nothing else. Many embedding models are called one in their config.json, but give a vector a token.
 */
export function isSparseGraph(
  graph: Pick<OnnxGraph, "outputs">,
  { isSplade, architecture }: { readonly isSplade: boolean; readonly architecture: string },
): boolean {
  if (isSplade) return true;
  const givesVectors = [EMBEDDING_OUTPUT, ...TOKEN_OUTPUTS].some((name) => graph.outputs.includes(name));
  return architecture.endsWith("ForMaskedLM") && graph.outputs.includes(LOGITS) && !givesVectors;
}

/**
 * The output of a SPLADE model, appended to its graph: for each token of the vocabulary log(1 + relu(x)) of its largest
 * logit x over the text's tokens, special ones among them. The largest is taken first, as logarithm and relu keep the order;
 * so they are done once a text, and the logits of all tokens never leave the runtime.
 * @throws Error when the graph has no logits
 */
export function planSparseOutput(graph: Pick<OnnxGraph, "outputs" | "opset">): ModelOutputs {
  if (graph.outputs.includes(SPARSE_OUTPUT)) return { sparse: SPARSE_OUTPUT, appended: new Uint8Array(0) };
  if (!graph.outputs.includes(LOGITS))
    throw new Error(`its graph has no output "${LOGITS}"; export it as a masked language model (task fill-mask)`);
  const parts = [
    tensor("polyseme_column", [0, -1, 1]),
    tensor("polyseme_one", 1, "float"),
    node("Cast", [LOGITS], "polyseme_logits", { to: ELEMENT.float }),
    node("Cast", ["attention_mask"], "polyseme_mask", { to: ELEMENT.float }),
    node("Reshape", ["polyseme_mask", "polyseme_column"], "polyseme_present"),
    // What is padding has 0, which relu makes of everything below.
    node("Mul", ["polyseme_logits", "polyseme_present"], "polyseme_kept"),
    ...largestOverTokens(graph.opset, "polyseme_kept", "polyseme_largest"),
    node("Relu", ["polyseme_largest"], "polyseme_positive"),
    node("Add", ["polyseme_positive", "polyseme_one"], "polyseme_above_one"),
    node("Log", ["polyseme_above_one"], SPARSE_OUTPUT),
    output(SPARSE_OUTPUT),
  ];
  return { sparse: SPARSE_OUTPUT, appended: graphAddition(parts) };
}

/**
 * @param file config.json of the pooling's folder; undefined: there is none
 * @param at its path
 * @throws BadModelFile for a pooling that gives other weights
 */
export function checkSpladePooling(file: unknown, at: string): void {
  if (!isRecord(file)) return;
  const { pooling_strategy: strategy = "max", activation_function: activation = "relu" } = file;
  if (strategy === "max" && activation === "relu") return;
  throw new BadModelFile(
    at,
    `asks for ${JSON.stringify(strategy)} of ${JSON.stringify(activation)}; only the largest (max) of log(1 + relu) can be done`,
  );
}

/** Numbers that a run of such a model may hold: 128 MiB of logits. A text that is larger is run alone. */
const MOST_LOGITS = 2 ** 25;

/** Padded tokens of one run at most: each has a number for every token of the vocabulary. */
export function sparseBatchTokens(vocabulary: number): number {
  return Math.max(1, Math.floor(MOST_LOGITS / vocabulary));
}
