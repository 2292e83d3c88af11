import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toFloatGraph } from "./float-graph.ts";
import { toHalfGraph } from "./half-graph.ts";
import { readGraph } from "./onnx-graph.ts";
import { readModel, writeModel } from "./onnx-model.ts";

/** `half`: half precision with float32 where it is needed; `float`: float32. Both of standard operators. */
export type Precision = "half" | "float";

/** Raised whenever the rewriting gives another graph, so that files made before are not taken. */
const VERSION = 1;

/**
 * The model rewritten for a device, from the cache or made now. Several processes may do so at once: a file appears whole
 * or not at all. Where nothing can be written it is made anew by each process.
 * @param cacheDir undefined: nothing is kept
 * @throws Error when the graph cannot be rewritten
 */
export async function madeGraph(model: Uint8Array, precision: Precision, cacheDir?: string): Promise<Uint8Array> {
  if (cacheDir === undefined) return makeGraph(model, precision);
  const key = createHash("sha256").update(model).digest("hex");
  const path = join(cacheDir, `${key}-${precision}-${VERSION}.onnx`);
  const kept = await readFile(path).catch(() => undefined);
  if (kept !== undefined && isWhole(kept)) return kept;
  const made = makeGraph(model, precision);
  const temporary = `${path}.${randomUUID()}`;
  try {
    await mkdir(cacheDir, { recursive: true });
    await writeFile(temporary, made);
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
  return made;
}

export function makeGraph(model: Uint8Array, precision: Precision): Uint8Array {
  const graph = toFloatGraph(readModel(model));
  return writeModel(precision === "half" ? toHalfGraph(graph) : graph);
}

/** A machine that lost its power may have left a file with a hole. */
function isWhole(model: Uint8Array): boolean {
  try {
    return readGraph(model).nodes.length > 0;
  } catch {
    return false;
  }
}
