import { input, node, output } from "./onnx-parts.ts";
import { writeField, writeVarintField } from "./protobuf.ts";
import type { Precision } from "./made-graph.ts";

const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 };
const OPSET_VERSION = 2;
const GRAPH_NAME = 2;
const HALF = 10;
const FLOAT = 1;

/** The smallest model that shows whether a device computes in that precision: its input `x` times itself is `y`. */
export function probeModel(precision: Precision): Uint8Array {
  const inner = precision === "half" ? HALF : FLOAT;
  return Buffer.concat([
    writeVarintField(MODEL.irVersion, 8),
    writeField(MODEL.opsetImport, [writeVarintField(OPSET_VERSION, 17)]),
    writeField(MODEL.graph, [
      node("Cast", ["x"], "narrow", { to: inner }),
      node("Mul", ["narrow", "narrow"], "square"),
      node("Cast", ["square"], "y", { to: FLOAT }),
      writeField(GRAPH_NAME, "probe"),
      input("x", "float"),
      output("y"),
    ]),
  ]);
}
