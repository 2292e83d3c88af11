import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { NotBuiltYet } from "../context.ts";
import { kindOfFile, type SourceKind } from "./source.ts";

/** A file to read. */
export interface FoundFile {
  readonly path: string;
  /** Relative to the folder that was given, with `/`; as given when the file itself was. */
  readonly id: string;
  readonly kind: SourceKind | "unbuilt";
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Files in folders whose kind is no source. */
  readonly skipped: number;
}

/**
 * The files that the given paths stand for; folders are walked, without hidden entries and node_modules.
 * @throws Error for a path that is not there or a file that cannot be a source
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  let skipped = 0;
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw new Error(`There is no file or folder ${path}. Paths are relative to the current folder.`, {
        cause: error,
      });
    });
    if (!stats.isDirectory()) files.push(givenFile(path));
    else
      for await (const inner of walk(path)) {
        const kind = kindOfFile(inner);
        if (kind === undefined) skipped += 1;
        else files.push({ path: inner, id: relative(path, inner).split(sep).join("/"), kind });
      }
  }
  return { files, skipped };
}

function givenFile(path: string): FoundFile {
  const kind = kindOfFile(path);
  if (kind === "unbuilt")
    throw new NotBuiltYet(`Reading ${path}`, "Sources are .jsonl, .ndjson, .csv, .md and .txt files.");
  if (kind === undefined)
    throw new Error(`${path} is no source. Sources are .jsonl, .ndjson, .csv, .md and .txt files.`);
  return {
    path,
    id: path
      .replace(/^(\.[/\\])+/, "")
      .split(sep)
      .join("/"),
    kind,
  };
}

/** In the order of names, so that two runs push in the same order. */
async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}
