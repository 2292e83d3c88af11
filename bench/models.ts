import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchContext } from "./context.ts";

/** The bundled file, and the plain fp32 export that everybody else uses. */
export const MODELS = ["int8", "fp32"] as const;
export type Model = (typeof MODELS)[number];

const BUNDLED = fileURLToPath(new URL("../models/all-MiniLM-L6-v2", import.meta.url));
const FP32_FILE = "models/all-MiniLM-L6-v2/onnx/model.onnx";

/** The models at hand: fp32 only where the shared folder has it. */
export function modelsIn(sharedDir: string): Model[] {
  return MODELS.filter((model) => model === "int8" || existsSync(join(sharedDir, FP32_FILE)));
}

/** A folder that POLYSEME_MODEL may name. */
export async function modelFolder(context: Pick<BenchContext, "sharedDir" | "atEnd">, model: Model): Promise<string> {
  return model === "int8" ? BUNDLED : folderOf(context, join(context.sharedDir, FP32_FILE));
}

/**
 * A temporary folder of the bundled model's small files and a link to another graph of it, alone: one with several graphs
 * would be read as int8.
 */
export async function folderOf(context: Pick<BenchContext, "atEnd">, graph: string): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), "polyseme-bench-model-"));
  context.atEnd(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, "all-MiniLM-L6-v2");
  await cp(BUNDLED, folder, { recursive: true, filter: (path) => basename(path) !== "onnx" });
  await mkdir(join(folder, "onnx"));
  await symlink(graph, join(folder, "onnx", basename(graph)));
  return folder;
}
