import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Texts that are made from the code, by their paths in the repository. */
export type GeneratedFiles = Readonly<Record<string, string>>;

/** The paths of those that are not in the repository as they would be made now. */
export async function driftedFiles(files: GeneratedFiles): Promise<string[]> {
  const states = await Promise.all(
    Object.entries(files).map(async ([path, text]) => {
      const there = await readFile(ROOT + path, "utf8").catch(() => undefined);
      return there === text ? [] : [path];
    }),
  );
  return states.flat();
}

/** Writes all of them. @returns their paths */
export async function writeFiles(files: GeneratedFiles): Promise<string[]> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(ROOT + path), { recursive: true });
    await writeFile(ROOT + path, text);
  }
  return Object.keys(files);
}
