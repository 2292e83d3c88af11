// npm run kernels: makes the modules of the kernels from their text.
import { writeFiles } from "../generated-files.ts";
import { kernelFiles } from "./kernel-files.ts";

for (const path of await writeFiles(await kernelFiles())) process.stdout.write(`${path}\n`);
