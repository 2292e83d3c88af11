import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { readModel, type OnnxModel } from "../onnx-model.ts";

/**
 * A float32 graph as onnxruntime writes it after its basic optimisations: constants folded (exporters compute shapes,
 * scales and transposed weights in the graph), repeated nodes merged, functions expanded, weights of other files and of
 * older forms put into the graph as raw data. All of its operators are still those that every device has.
 * @param path the ONNX file; its weights may be files beside it
 * @throws Error when it is no model that runs here, or is larger than the 2 GB that one ONNX file can have
 */
export async function simplifyGraph(path: string): Promise<OnnxModel> {
  const folder = await mkdtemp(join(tmpdir(), "polyseme-prepare-"));
  try {
    const simplified = join(folder, "model.onnx");
    const session = await InferenceSession.create(path, {
      executionProviders: ["cpu"],
      graphOptimizationLevel: "basic",
      optimizedModelFilePath: simplified,
      logSeverityLevel: 4,
    });
    await session.release();
    return readModel(await readFile(simplified));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
