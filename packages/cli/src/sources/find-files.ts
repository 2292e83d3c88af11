import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { messageOf } from "@polyseme/core";
import { NotBuiltYet } from "../context.ts";
import { kindOfFile, type Problem, type SourceKind } from "./source.ts";

/** A file to read. */
export interface FoundFile {
  readonly path: string;
  /** Relative to the folder that was given, with `/`; as given when the file itself was. */
  readonly id: string;
  readonly kind: SourceKind | "unbuilt";
  /** Named by the caller, who may name a link; one inside of a folder is never followed. */
  readonly isGiven?: boolean;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Entries of folders that are no source: files of other kinds, links, devices. */
  readonly skipped: number;
  /** Folders that cannot be read; the others are. */
  readonly problems: readonly Problem[];
}

/**
 * The files that the given paths stand for; folders are walked, without hidden entries and node_modules. Links inside
 * of them are not followed, so nothing outside of a folder is read and no walk goes in a circle.
 * @throws Error for a path that is not there or a file that cannot be a source
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const problems: Problem[] = [];
  let skipped = 0;
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw new Error(`There is no file or folder ${path}. Paths are relative to the current folder.`, {
        cause: error,
      });
    });
    if (stats.isFile()) files.push(givenFile(path));
    else if (!stats.isDirectory())
      throw new Error(
        `${path} is neither a file nor a folder. Send what a pipe gives to standard input: polyseme ingest -.`,
      );
    else
      for await (const found of walk(path)) {
        if ("problem" in found) {
          problems.push(found.problem);
          continue;
        }
        const kind = found.isFile ? kindOfFile(found.path) : undefined;
        if (kind === undefined) skipped += 1;
        else files.push({ path: found.path, id: relative(path, found.path).split(sep).join("/"), kind });
      }
  }
  return { files, skipped, problems };
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
    isGiven: true,
  };
}

type Found = { readonly path: string; readonly isFile: boolean } | { readonly problem: Problem };

/** In the order of names, so that two runs push in the same order. */
async function* walk(folder: string): AsyncGenerator<Found> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => messageOf(error));
  if (typeof entries === "string") {
    yield { problem: { origin: folder, code: "invalid", message: `The folder cannot be read: ${entries}` } };
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    // Of a link, readdir tells the link and not what it leads to.
    if (entry.isDirectory()) yield* walk(path);
    else yield { path, isFile: entry.isFile() };
  }
}
