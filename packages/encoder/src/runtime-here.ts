import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { listSupportedBackends } from "onnxruntime-node";
import type { Runtime } from "./choose-provider.ts";

/** What the installed runtime has. */
export async function runtimeHere(): Promise<Runtime> {
  const main = createRequire(import.meta.url).resolve("onnxruntime-node");
  const libraries = join(dirname(main), "..", "bin", "napi-v6", platform(), arch());
  const hasCudaLibraries = await access(join(libraries, "libonnxruntime_providers_cuda.so")).then(
    () => true,
    () => false,
  );
  const bundled = listSupportedBackends().filter((backend) => backend.bundled);
  return { os: platform(), bundled: bundled.map(({ name }) => name), hasCudaLibraries };
}
