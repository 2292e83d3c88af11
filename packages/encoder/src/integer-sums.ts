import { InferenceSession, Tensor } from "onnxruntime-node";
import { input, node, output, wholeModel } from "./onnx-parts.ts";

/** As much as a kernel multiplies at once, several times over. */
const [ROWS, DEPTH, COLUMNS] = [8, 64, 32];
const LARGEST = { uint8: 255, int8: 127 };

/**
 * Whether this CPU adds int8 products in 16 bits, in which two large ones do not fit: those without VNNI do, unless they
 * are told `x64quantprecision`. Asked of the runtime itself, as it is the one that knows its kernels. To be asked only where
 * it matters: with that setting a CPU with VNNI would forgo it, at half the speed.
 */
export async function integerSumsOverflow(): Promise<boolean> {
  const model = wholeModel([
    node("MatMulInteger", ["a", "b"], "y"),
    input("a", "uint8"),
    input("b", "int8"),
    output("y", "int32"),
  ]);
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  try {
    const { y } = await session.run({
      a: new Tensor("uint8", new Uint8Array(ROWS * DEPTH).fill(LARGEST.uint8), [ROWS, DEPTH]),
      b: new Tensor("int8", new Int8Array(DEPTH * COLUMNS).fill(LARGEST.int8), [DEPTH, COLUMNS]),
    });
    const sums = y?.data as Int32Array;
    return sums.some((sum) => sum !== LARGEST.uint8 * LARGEST.int8 * DEPTH);
  } finally {
    await session.release();
  }
}
