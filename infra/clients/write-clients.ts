import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { OpenApi } from "./openapi.ts";
import { pythonApi } from "./python.ts";
import { typescriptTypes } from "./typescript.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What is generated, by its path in the repository. */
export async function generatedFiles(document: OpenApi): Promise<Readonly<Record<string, string>>> {
  return {
    "packages/client/src/generated/openapi.ts": await typescriptTypes(document),
    "clients/python/polyseme/_api.py": pythonApi(document),
  };
}

/** The paths of the generated files that are not as the server is. */
export async function drifted(document: OpenApi): Promise<string[]> {
  const files = Object.entries(await generatedFiles(document));
  const states = await Promise.all(
    files.map(async ([path, text]) => {
      const there = await readFile(ROOT + path, "utf8").catch(() => undefined);
      return there === text ? [] : [path];
    }),
  );
  return states.flat();
}

export async function writeClients(document: OpenApi): Promise<string[]> {
  const files = Object.entries(await generatedFiles(document));
  for (const [path, text] of files) {
    await mkdir(dirname(ROOT + path), { recursive: true });
    await writeFile(ROOT + path, text);
  }
  return files.map(([path]) => path);
}
