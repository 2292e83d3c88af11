// npm run docs:reference: writes the reference pages anew; --check only says whether they are as the code is.
import { readOpenApi } from "../../clients/read-openapi.ts";
import { driftedFiles, writeFiles } from "../../generated-files.ts";
import { referenceFiles } from "./reference-files.ts";

const files = await referenceFiles(await readOpenApi());
if (process.argv.includes("--check")) {
  const old = await driftedFiles(files);
  for (const path of old) process.stderr.write(`${path} is not as the code is. Run npm run docs:reference.\n`);
  process.exitCode = old.length > 0 ? 1 : 0;
} else for (const path of await writeFiles(files)) process.stdout.write(`${path}\n`);
