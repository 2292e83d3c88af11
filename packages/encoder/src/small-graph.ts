import { InferenceSession } from "onnxruntime-node";
import type { Part } from "./onnx-parts.ts";
import { writeField, writeVarintField } from "./protobuf.ts";

const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 };
const GRAPH = { name: 2, initializer: 5, input: 11, output: 12 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const OPSET_VERSION = 2;

/** An input of a graph, of any shape. @param element of `ELEMENT` */
export function input(name: string, element: number): Part {
  return value(GRAPH.input, name, element);
}

/** An output of a graph, of any shape. */
export function result(name: string, element: number): Part {
  return value(GRAPH.output, name, element);
}

/** A constant. @param data little-endian */
export function constant(name: string, element: number, shape: readonly number[], data: Uint8Array): Part {
  return writeField(GRAPH.initializer, [
    ...shape.map((size) => writeVarintField(TENSOR.dims, size)),
    writeVarintField(TENSOR.dataType, element),
    writeField(TENSOR.name, name),
    writeField(TENSOR.rawData, data),
  ]);
}

/**
 * A session on the CPU of a graph made here, in the calling thread and `threads − 1` of the runtime's own.
 * @throws Error as the runtime does
 */
export function openSmallGraph(parts: readonly Part[], threads = 1): Promise<InferenceSession> {
  const model = Buffer.concat([
    writeVarintField(MODEL.irVersion, 8),
    writeField(MODEL.opsetImport, [writeVarintField(OPSET_VERSION, 17)]),
    writeField(MODEL.graph, [...parts, writeField(GRAPH.name, "polyseme")]),
  ]);
  return InferenceSession.create(model, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Each run may have another number of rows.
    enableMemPattern: false,
    logSeverityLevel: 4,
  });
}

/** A ValueInfoProto that names a tensor's element type and leaves its shape open. */
function value(part: number, name: string, element: number): Part {
  const tensorType = writeField(1, [writeVarintField(1, element)]);
  return writeField(part, [writeField(1, name), writeField(2, [tensorType])]);
}
