import { driftedFiles, writeFiles, type GeneratedFiles } from "../generated-files.ts";
import type { OpenApi } from "./openapi.ts";
import { pythonApi } from "./python.ts";
import { typescriptTypes } from "./typescript.ts";

/** What is generated, by its path in the repository. */
export async function generatedFiles(document: OpenApi): Promise<GeneratedFiles> {
  return {
    "packages/client/src/generated/openapi.ts": await typescriptTypes(document),
    "clients/python/polyseme/_api.py": pythonApi(document),
  };
}

/** The paths of the generated files that are not as the server is. */
export async function drifted(document: OpenApi): Promise<string[]> {
  return driftedFiles(await generatedFiles(document));
}

export async function writeClients(document: OpenApi): Promise<string[]> {
  return writeFiles(await generatedFiles(document));
}
