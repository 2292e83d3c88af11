import { InferenceSession } from "onnxruntime-node";
import { wholeModel, type Part } from "./onnx-parts.ts";

/**
 * A session on the CPU of a graph made here, in the calling thread and `threads − 1` of the runtime's own.
 * @throws Error as the runtime does
 */
export function openSmallGraph(parts: readonly Part[], threads = 1): Promise<InferenceSession> {
  return InferenceSession.create(wholeModel(parts), {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Each run may have another number of rows.
    enableMemPattern: false,
    logSeverityLevel: 4,
  });
}
