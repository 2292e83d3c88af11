import { EMBEDDING_OUTPUT, type ModelOutputs } from "../append-outputs.ts";
import { readModel, type OnnxModel } from "../onnx-model.ts";

/** The nodes' own names, so that nothing clashes when outputs are appended to this file, too. */
const PREFIX = "pooled::";

/**
 * The graph with the pooled output that would be put behind the model's bytes whenever it is opened, so that any runtime
 * finds it in the file.
 */
export function withOutputs(model: OnnxModel, { embedding, appended }: ModelOutputs): OnnxModel {
  if (appended.length === 0 || embedding !== EMBEDDING_OUTPUT || model.outputs.has(EMBEDDING_OUTPUT)) return model;
  const more = readModel(appended);
  const nodes = more.nodes.filter(({ outputs }) => !outputs.some((name) => model.outputs.has(name)));
  const own = new Set([...more.tensors.keys(), ...nodes.flatMap(({ outputs }) => outputs)]);
  const nameOf = (name: string): string => (own.has(name) && !more.outputs.has(name) ? PREFIX + name : name);
  return {
    ...model,
    nodes: [
      ...model.nodes,
      ...nodes.map((node) => ({ ...node, inputs: node.inputs.map(nameOf), outputs: node.outputs.map(nameOf) })),
    ],
    tensors: new Map([...model.tensors, ...[...more.tensors].map(([name, tensor]) => [nameOf(name), tensor] as const)]),
    outputs: new Map([...more.outputs, ...model.outputs]),
  };
}
