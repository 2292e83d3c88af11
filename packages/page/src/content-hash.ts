import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Places } from "./places.ts";

/**
 * A hash of everything that the built page depends on: names and bytes of its sources and the package's description.
 * undefined: there are no sources here, so what is built cannot be old.
 */
export async function contentHash({ web, manifest }: Pick<Places, "web" | "manifest">): Promise<string | undefined> {
  const entries = await readdir(web, { recursive: true, withFileTypes: true }).catch(() => []);
  const sources = entries.filter((entry) => entry.isFile() && !entry.name.includes(".test."));
  if (sources.length === 0) return undefined;
  const paths = sources.map((entry) => join(entry.parentPath, entry.name)).sort();
  const hash = createHash("sha256");
  for (const path of [...paths, manifest]) {
    const bytes = await readFile(path);
    hash.update(`${relative(web, path).replaceAll(sep, "/")}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}
