import type { DenseLayer } from "./dense-layer.ts";
import { ELEMENT } from "./onnx-model.ts";
import { node, output, tensor, type Part } from "./onnx-parts.ts";

/** What is done with the pooled vector before it is normalised for the last time. */
export interface EmbeddingHead {
  readonly steps: readonly (DenseLayer | { readonly kind: "normalise" })[];
  /** The embedding is its first values; undefined: all of them. */
  readonly cutTo: number | undefined;
}

/** Nodes from a value [batch, width] to the output of that name [batch, dimensions], of length 1. */
export function headParts(pooled: string, { steps, cutTo }: EmbeddingHead, result: string): Part[] {
  const parts: Part[] = [];
  let value = pooled;
  steps.forEach((step, index) => {
    const name = `polyseme_head_${index}`;
    parts.push(...(step.kind === "dense" ? denseParts(value, step, name) : [normParts(value, name)]));
    value = name;
  });
  if (cutTo !== undefined) {
    parts.push(
      tensor("polyseme_cut_from", [0]),
      tensor("polyseme_cut_to", [cutTo]),
      tensor("polyseme_cut_axis", [1]),
      node("Slice", [value, "polyseme_cut_from", "polyseme_cut_to", "polyseme_cut_axis"], "polyseme_cut"),
    );
    value = "polyseme_cut";
  }
  return [...parts, normParts(value, result), output(result)];
}

/**
 * Nodes from vectors of tokens [batch, tokens, width] to the output of that name [batch, tokens, dimensions], each of length
 * 1: what a model for late interaction compares.
 */
export function tokenParts(hidden: string, layers: readonly DenseLayer[], result: string): Part[] {
  const parts: Part[] = [node("Cast", [hidden], `${result}_cast`, { to: ELEMENT.float })];
  let value = `${result}_cast`;
  layers.forEach((layer, index) => {
    const name = `${result}_${index}`;
    parts.push(...denseParts(value, layer, name));
    value = name;
  });
  return [...parts, normParts(value, result, 2), output(result)];
}

function normParts(value: string, result: string, axis = 1): Part {
  return node("LpNormalization", [value], result, { axis, p: 2 });
}

function denseParts(value: string, layer: DenseLayer, result: string): Part[] {
  const { weights, bias, from, to, activation } = layer;
  const parts = [tensor(`${result}_weights`, weights, "float", [from, to])];
  const steps: ((input: string, output: string) => Part)[] = [
    (input, name) => node("MatMul", [input, `${result}_weights`], name),
  ];
  if (bias !== undefined) {
    parts.push(tensor(`${result}_bias`, bias, "float", [to]));
    steps.push((input, name) => node("Add", [input, `${result}_bias`], name));
  }
  if (activation !== undefined) steps.push((input, name) => node(activation, [input], name));
  let input = value;
  steps.forEach((step, index) => {
    const name = index === steps.length - 1 ? result : `${result}_${index}`;
    parts.push(step(input, name));
    input = name;
  });
  return parts;
}
