import { writeModel, type OnnxModel } from "../onnx-model.ts";
import { readGraph } from "../onnx-graph.ts";
import { readFields, textOf, writeField, writeVarintField } from "../protobuf.ts";

const OPSET_IMPORT = 8;
const OPSET = { domain: 1, version: 2 };

/** Version of the standard operator set. */
export function standardOpset(model: OnnxModel): number {
  return readGraph(writeModel({ ...model, nodes: [], tensors: new Map(), inputs: new Map(), outputs: new Map() }))
    .opset;
}

/** Operator sets of those domains that its nodes use alone: onnxruntime writes down all that it knows. */
export function withNeededOpsets(model: OnnxModel): OnnxModel {
  const domains = new Set(["", ...model.nodes.map(({ domain }) => domain)]);
  const present = new Set<string>();
  const header = model.header.filter((bytes) => {
    const [field] = readFields(bytes);
    if (field?.number !== OPSET_IMPORT) return true;
    const domain = [...readFields(field.bytes)].find(({ number }) => number === OPSET.domain);
    const name = domain === undefined ? "" : textOf(domain).replace(/^ai\.onnx$/, "");
    present.add(name);
    return domains.has(name);
  });
  const missing = [...domains].filter((domain) => !present.has(domain));
  const imports = missing.map((domain) =>
    writeField(OPSET_IMPORT, [writeField(OPSET.domain, domain), writeVarintField(OPSET.version, 1)]),
  );
  return { ...model, header: [...header, ...imports] };
}
