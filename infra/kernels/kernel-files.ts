import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openWabt from "wabt";
import type { GeneratedFiles } from "../generated-files.ts";

const SOURCE = "packages/core/src/row-sums.wat";
const TARGET = "packages/core/src/row-sums-module.ts";

/** The modules of the kernels, made from their text. */
export async function kernelFiles(): Promise<GeneratedFiles> {
  const text = await readFile(fileURLToPath(new URL(`../../${SOURCE}`, import.meta.url)), "utf8");
  const wabt = await openWabt();
  const module = wabt.parseWat(SOURCE, text, { simd: true });
  try {
    const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
    return {
      [TARGET]: `/** row-sums.wat as a module, in base64. Made by npm run kernels. */\nexport const ROW_SUMS_MODULE =\n  "${base64}";\n`,
    };
  } finally {
    module.destroy();
  }
}
