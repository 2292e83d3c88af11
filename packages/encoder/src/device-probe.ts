import type { Precision } from "./made-graph.ts";
import { ELEMENT } from "./onnx-model.ts";
import { input, node, output, wholeModel } from "./onnx-parts.ts";

/** The smallest model that shows whether a device computes in that precision: its input `x` times itself is `y`. */
export function probeModel(precision: Precision): Uint8Array {
  return wholeModel([
    node("Cast", ["x"], "narrow", { to: ELEMENT[precision] }),
    node("Mul", ["narrow", "narrow"], "square"),
    node("Cast", ["square"], "y", { to: ELEMENT.float }),
    input("x", "float"),
    output("y"),
  ]);
}
