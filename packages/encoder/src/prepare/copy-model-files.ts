import { cp, readdir } from "node:fs/promises";
import { extname, join } from "node:path";

/** Weights in any form: what is prepared stands in their place. */
const WEIGHTS = new Set(
  ".onnx .onnx_data .data .safetensors .bin .h5 .pt .pth .ckpt .msgpack .ot .gguf .tflite .npz".split(" "),
);
/** Folders of exports for other runtimes. */
const OTHER_EXPORTS = new Set(["onnx", "openvino", "coreml", ".git", ".cache"]);

/**
 * Copies what stands beside a model's weights: configuration, tokenizer, modules behind the pooling with their own small
 * weights, licence. Links, as the hub's cache has them, become files.
 * @param to a folder that is there
 */
export async function copyModelFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const isWanted = OTHER_EXPORTS.has(entry.name) ? false : !WEIGHTS.has(extname(entry.name).toLowerCase());
    if (isWanted)
      await cp(join(from, entry.name), join(to, entry.name), {
        recursive: true,
        dereference: true,
      });
  }
}
