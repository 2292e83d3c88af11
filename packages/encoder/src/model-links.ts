import type { ModelNode, OnnxModel } from "./onnx-model.ts";

/** Who makes a value and who reads it. */
export interface Links {
  producer(name: string | undefined): ModelNode | undefined;
  /** A node that reads it twice is there twice. */
  readers(name: string): readonly ModelNode[];
}

export function linksOf({ nodes }: Pick<OnnxModel, "nodes">): Links {
  const producers = new Map<string, ModelNode>();
  const readers = new Map<string, ModelNode[]>();
  for (const node of nodes) {
    for (const name of node.outputs) producers.set(name, node);
    for (const name of node.inputs) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [node]);
      else known.push(node);
    }
  }
  return { producer: (name) => producers.get(name ?? ""), readers: (name) => readers.get(name) ?? [] };
}

/** Without nodes whose results nobody reads, and without tensors that no node is left to read. */
export function livePart(model: OnnxModel): OnnxModel {
  const wanted = new Set(model.outputs.keys());
  const live: ModelNode[] = [];
  for (const node of [...model.nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    node.inputs.forEach((name) => wanted.add(name));
    live.push(node);
  }
  const tensors = new Map([...model.tensors].filter(([name]) => wanted.has(name)));
  return { ...model, nodes: live.reverse(), tensors };
}
