import type { DenseLayer } from "./dense-layer.ts";
import { headParts, tokenParts, type EmbeddingHead } from "./embedding-head.ts";
import { type OnnxGraph } from "./onnx-graph.ts";
import { ELEMENT } from "./onnx-model.ts";
import { graphAddition, node, output, type Part } from "./onnx-parts.ts";
import { POOLING, SUM } from "./pooling-nodes.ts";
import type { ModelInfo } from "./types.ts";

export const EMBEDDING_OUTPUT = "sentence_embedding";
export const STATIC_OUTPUT = "static_embedding";

/** Names under which exporters give one vector a token, the most common first. */
export const TOKEN_OUTPUTS = ["last_hidden_state", "token_embeddings", "hidden_states"];

/** The embedding's output where the graph has one of its own that is not the last word. */
const OWN_OUTPUT = "polyseme_embedding";
/** Under which exporters give a classifier's answer. */
const LOGITS_OUTPUT = "logits";
const PROJECTED_OUTPUT = "polyseme_tokens";
const SCORE_OUTPUT = "polyseme_score";

export interface ModelOutputs {
  readonly embedding?: string | undefined;
  /** [batch, tokens, dimensions] of the last layer, or of what is compared in late interaction. */
  readonly contextual?: string | undefined;
  /** Rows of the input table; undefined where the graph shows no such table. */
  readonly statics?: string | undefined;
  /** [batch, vocabulary], of models that give it in place of the others. */
  readonly sparse?: string | undefined;
  /** To be put behind the model's bytes; empty when it has all outputs. */
  readonly appended: Uint8Array;
}

/** What is fetched of a graph that scores pairs of texts. */
export interface PairOutputs {
  /** [batch, 1] float32: the logit. */
  readonly score: string;
  readonly sparse?: undefined;
  /** To be put behind the model's bytes. */
  readonly appended: Uint8Array;
}

export type GraphOutputs = ModelOutputs | PairOutputs;

/** How an embedding is made of vectors of tokens. */
export interface EmbeddingPlan {
  readonly pooling: ModelInfo["pooling"];
  readonly head: EmbeddingHead;
  /** What each vector of a token goes through before it is normalised and pooled; undefined: pooled as it is. */
  readonly tokenLayers?: readonly DenseLayer[] | undefined;
  /** The graph's own pooled output is passed over. */
  readonly ignoresPooled: boolean;
}

/**
 * The outputs of a graph with those that the hub's plain exports lack: pooled and normalised, and the input table's
 * rows. A protobuf message followed by another of its type parses as their merger, so a few hundred bytes behind the
 * file add the nodes, and the file itself is neither copied nor rewritten.
 * @throws Error when the graph gives no vector a token.
 */
export function planOutputs(graph: OnnxGraph, plan: EmbeddingPlan): ModelOutputs {
  const hidden =
    TOKEN_OUTPUTS.find((name) => graph.outputs.includes(name)) ??
    graph.outputs.find((name) => name !== EMBEDDING_OUTPUT && name !== STATIC_OUTPUT);
  if (hidden === undefined) throw new Error("its graph has no output with one vector a token");
  if (hidden === LOGITS_OUTPUT)
    throw new Error(
      "its graph gives logits and no vectors: it is a classifier. One that scores pairs of texts is named by POLYSEME_RERANK_MODEL",
    );
  const isPooled = graph.outputs.includes(EMBEDDING_OUTPUT);
  const isWhole = isPooled && !plan.ignoresPooled && plan.head.cutTo === undefined;
  const embedding = isPooled && !isWhole ? OWN_OUTPUT : EMBEDDING_OUTPUT;
  const { tokenLayers } = plan;
  const contextual = tokenLayers === undefined ? hidden : PROJECTED_OUTPUT;
  const parts: Part[] = tokenLayers === undefined ? [] : tokenParts(hidden, tokenLayers, contextual);
  // What exporters call so has been through all of the model's modules.
  if (isPooled && !isWhole && !plan.ignoresPooled)
    parts.push(...headParts(EMBEDDING_OUTPUT, { ...plan.head, steps: [] }, embedding));
  else if (!isWhole)
    parts.push(...poolingParts(plan, contextual, graph.opset), ...headParts("polyseme_pooled", plan.head, embedding));
  const hasStatics = graph.outputs.includes(STATIC_OUTPUT);
  const rows = hasStatics ? undefined : inputTableRows(graph);
  if (rows !== undefined) parts.push(node("Identity", [rows], STATIC_OUTPUT), output(STATIC_OUTPUT));
  return {
    embedding,
    contextual,
    statics: hasStatics || rows !== undefined ? STATIC_OUTPUT : undefined,
    appended: parts.length === 0 ? new Uint8Array(0) : graphAddition(parts),
  };
}

/**
 * The output of a graph that scores pairs of texts, in float32 whatever its own precision is.
 * @throws Error when the graph gives no logits
 */
export function planScore(graph: OnnxGraph): PairOutputs {
  if (!graph.outputs.includes(LOGITS_OUTPUT)) throw new Error(`its graph has no output ${LOGITS_OUTPUT}`);
  const parts = [node("Cast", [LOGITS_OUTPUT], SCORE_OUTPUT, { to: ELEMENT.float }), output(SCORE_OUTPUT)];
  return { score: SCORE_OUTPUT, appended: graphAddition(parts) };
}

/** The value with a row of the input table per token, dequantised where it is stored otherwise. */
export function inputTableRows(graph: Pick<OnnxGraph, "nodes">): string | undefined {
  const found = inputTableOf(graph);
  return found === undefined ? undefined : dequantised(graph, found.rows);
}

/** The model's input table, and the value with its rows: the `Gather` by `input_ids`. */
export function inputTableOf(
  graph: Pick<OnnxGraph, "nodes">,
): { readonly table: string; readonly rows: string } | undefined {
  const aliases = new Set(["input_ids"]);
  // Nodes come in topological order, so one pass sees every alias before its use.
  for (const { operator, inputs, outputs } of graph.nodes) {
    const [data = "", indices = ""] = inputs;
    const [result] = outputs;
    if (result === undefined) continue;
    if ((operator === "Identity" || operator === "Cast") && aliases.has(data)) aliases.add(result);
    if (operator === "Gather" && aliases.has(indices)) return { table: data, rows: result };
  }
  return undefined;
}

function dequantised(graph: Pick<OnnxGraph, "nodes">, rows: string): string {
  const reader = graph.nodes.find(({ operator, inputs }) => operator === "DequantizeLinear" && inputs[0] === rows);
  return reader?.outputs[0] ?? rows;
}

function poolingParts({ pooling, head }: EmbeddingPlan, hidden: string, opset: number): Part[] {
  const isPlain = head.steps.length === 0;
  return [
    node("Cast", [hidden], "polyseme_hidden", { to: ELEMENT.float }),
    node("Cast", ["attention_mask"], "polyseme_mask", { to: ELEMENT.float }),
    ...(pooling === "mean" && isPlain ? SUM : POOLING[pooling](opset)),
  ];
}
