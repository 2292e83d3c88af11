import { type OnnxGraph } from "./onnx-graph.ts";
import { node, output, tensor, type Part } from "./onnx-parts.ts";
import { writeField } from "./protobuf.ts";
import type { ModelInfo } from "./types.ts";

export const EMBEDDING_OUTPUT = "sentence_embedding";
export const STATIC_OUTPUT = "static_embedding";

/** Names under which exporters give one vector a token, the most common first. */
const TOKEN_OUTPUTS = ["last_hidden_state", "token_embeddings", "hidden_states"];

const MODEL_GRAPH = 7;
const FLOAT = 1;
/** From this operator set on, ReduceMax takes its axes as an input. */
const AXES_AS_INPUT_OPSET = 18;

export interface ModelOutputs {
  readonly embedding: string;
  /** [batch, tokens, dimensions] of the last layer. */
  readonly contextual: string;
  /** Rows of the input table; undefined where the graph shows no such table. */
  readonly statics: string | undefined;
  /** To be put behind the model's bytes; empty when it has all outputs. */
  readonly appended: Uint8Array;
}

/**
 * The outputs of a graph with those that the hub's plain exports lack: pooled and normalised, and the input table's
 * rows. A protobuf message followed by another of its type parses as their merger, so a few hundred bytes behind the
 * file add the nodes, and the file itself is neither copied nor rewritten.
 * @throws Error when the graph gives no vector a token.
 */
export function planOutputs(graph: OnnxGraph, pooling: ModelInfo["pooling"]): ModelOutputs {
  const contextual =
    TOKEN_OUTPUTS.find((name) => graph.outputs.includes(name)) ??
    graph.outputs.find((name) => name !== EMBEDDING_OUTPUT && name !== STATIC_OUTPUT);
  if (contextual === undefined) throw new Error("its graph has no output with one vector a token");
  const parts: Part[] = [];
  if (!graph.outputs.includes(EMBEDDING_OUTPUT)) parts.push(...poolingParts(pooling, contextual, graph.opset));
  const hasStatics = graph.outputs.includes(STATIC_OUTPUT);
  const rows = hasStatics ? undefined : inputTableRows(graph);
  if (rows !== undefined) parts.push(node("Identity", [rows], STATIC_OUTPUT), output(STATIC_OUTPUT));
  return {
    embedding: EMBEDDING_OUTPUT,
    contextual,
    statics: hasStatics || rows !== undefined ? STATIC_OUTPUT : undefined,
    appended: parts.length === 0 ? new Uint8Array(0) : writeField(MODEL_GRAPH, parts),
  };
}

/** The value with a row of the input table per token: the `Gather` by `input_ids`, dequantised where it is stored so. */
export function inputTableRows(graph: Pick<OnnxGraph, "nodes">): string | undefined {
  const aliases = new Set(["input_ids"]);
  // Nodes come in topological order, so one pass sees every alias before its use.
  for (const { operator, inputs, outputs } of graph.nodes) {
    const [data = "", indices = ""] = inputs;
    const [result] = outputs;
    if (result === undefined) continue;
    if ((operator === "Identity" || operator === "Cast") && aliases.has(data)) aliases.add(result);
    if (operator === "Gather" && aliases.has(indices)) return dequantised(graph, result);
  }
  return undefined;
}

function dequantised(graph: Pick<OnnxGraph, "nodes">, rows: string): string {
  const reader = graph.nodes.find(({ operator, inputs }) => operator === "DequantizeLinear" && inputs[0] === rows);
  return reader?.outputs[0] ?? rows;
}

function poolingParts(pooling: ModelInfo["pooling"], hidden: string, opset: number): Part[] {
  return [
    node("Cast", [hidden], "polyseme_hidden", { to: FLOAT }),
    node("Cast", ["attention_mask"], "polyseme_mask", { to: FLOAT }),
    ...POOLING[pooling](opset),
    node("LpNormalization", ["polyseme_pooled"], EMBEDDING_OUTPUT, { axis: 1, p: 2 }),
    output(EMBEDDING_OUTPUT),
  ];
}

/** `polyseme_hidden` [batch, tokens, dimensions] and `polyseme_mask` [batch, tokens] to `polyseme_pooled` [batch, dimensions]. */
const POOLING: Record<ModelInfo["pooling"], (opset: number) => Part[]> = {
  // A sum: the norm that follows makes the divisor irrelevant.
  mean: () => [
    tensor("polyseme_row", [0, 1, -1]),
    tensor("polyseme_flat", [0, -1]),
    node("Reshape", ["polyseme_mask", "polyseme_row"], "polyseme_weights"),
    node("MatMul", ["polyseme_weights", "polyseme_hidden"], "polyseme_sum"),
    node("Reshape", ["polyseme_sum", "polyseme_flat"], "polyseme_pooled"),
  ],
  cls: () => [
    tensor("polyseme_first", 0),
    node("Gather", ["polyseme_hidden", "polyseme_first"], "polyseme_pooled", { axis: 1 }),
  ],
  max: (opset) => [
    tensor("polyseme_column", [0, -1, 1]),
    tensor("polyseme_one", 1, "float"),
    tensor("polyseme_far", 1e9, "float"),
    node("Sub", ["polyseme_mask", "polyseme_one"], "polyseme_absent"),
    node("Mul", ["polyseme_absent", "polyseme_far"], "polyseme_lowered"),
    node("Reshape", ["polyseme_lowered", "polyseme_column"], "polyseme_penalty"),
    node("Add", ["polyseme_hidden", "polyseme_penalty"], "polyseme_kept"),
    ...(opset >= AXES_AS_INPUT_OPSET
      ? [
          tensor("polyseme_axes", [1]),
          node("ReduceMax", ["polyseme_kept", "polyseme_axes"], "polyseme_pooled", { keepdims: 0 }),
        ]
      : [node("ReduceMax", ["polyseme_kept"], "polyseme_pooled", { axes: [1], keepdims: 0 })]),
  ],
  last: () => [
    node("ArgMax", ["polyseme_mask"], "polyseme_last", { axis: 1, keepdims: 1, select_last_index: 1 }),
    node("GatherND", ["polyseme_hidden", "polyseme_last"], "polyseme_pooled", { batch_dims: 1 }),
  ],
};
