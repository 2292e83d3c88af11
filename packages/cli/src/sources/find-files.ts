import { stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { kindOfFile, READABLE, type SourceKind } from "./file-kinds.ts";
import type { Problem } from "./source.ts";
import { FolderWalk, type Found, type WalkChoice } from "./walk.ts";

/** A file to read. */
export interface FoundFile {
  readonly path: string;
  /** Relative to the folder that was given, with `/`; as given when the file itself was. */
  readonly id: string;
  readonly kind: SourceKind;
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

/** A path that was given: a folder to walk, or a file. */
export type Root =
  | { readonly kind: "folder"; readonly path: string; readonly absolute: string; readonly walk: FolderWalk }
  | { readonly kind: "file"; readonly path: string; readonly absolute: string; readonly file: FoundFile };

const EVERYTHING: WalkChoice = { include: [], exclude: [] };
/** More than this is a mistake, such as the whole disk, or wants to be several sources. */
const MAX_FILES = 1_000_000;

/**
 * What the given paths are.
 * @throws Error for a path that is not there or a file that cannot be a source
 */
export async function openRoots(paths: readonly string[], choice: WalkChoice = EVERYTHING): Promise<Root[]> {
  const roots: Root[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw new Error(`There is no file or folder ${path}. Paths are relative to the current folder.`, {
        cause: error,
      });
    });
    const absolute = resolve(path);
    if (stats.isFile()) roots.push({ kind: "file", path, absolute, file: givenFile(path) });
    else if (stats.isDirectory()) roots.push({ kind: "folder", path, absolute, walk: new FolderWalk(path, choice) });
    else
      throw new Error(
        `${path} is neither a file nor a folder. Send what a pipe gives to standard input: polyseme ingest -.`,
      );
  }
  return roots;
}

/** The files that the given paths stand for. @throws Error as `openRoots` does */
export async function findFiles(paths: readonly string[], choice: WalkChoice = EVERYTHING): Promise<FoundFiles> {
  const all = await Promise.all((await openRoots(paths, choice)).map((root) => filesOf(root)));
  return {
    files: all.flatMap(({ files }) => files),
    skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
    problems: all.flatMap(({ problems }) => problems),
  };
}

/**
 * The files of one root.
 * @param only look at these paths of a folder alone (relative to it, with `/`)
 * @throws Error when there are more than a million
 */
export async function filesOf(root: Root, only?: Iterable<string>): Promise<FoundFiles> {
  if (root.kind === "file") return { files: [root.file], skipped: 0, problems: [] };
  const files: FoundFile[] = [];
  const problems: Problem[] = [];
  let skipped = 0;
  for await (const found of only === undefined ? root.walk.all() : allAt(root.walk, only)) {
    if ("problem" in found) {
      problems.push(found.problem);
      continue;
    }
    const kind = found.isFile ? kindOfFile(found.path) : undefined;
    if (kind === undefined) skipped += 1;
    else files.push({ path: found.path, id: found.relative, kind });
    if (files.length > MAX_FILES)
      throw new Error(`${root.path} holds more than ${MAX_FILES.toLocaleString("en")} files. Ingest its parts.`);
  }
  return { files, skipped, problems };
}

async function* allAt(walk: FolderWalk, paths: Iterable<string>): AsyncGenerator<Found> {
  for (const path of paths) yield* walk.at(path);
}

function givenFile(path: string): FoundFile {
  const kind = kindOfFile(path);
  if (kind === undefined) throw new Error(`${path} is no source. Sources are ${READABLE}.`);
  const id = path
    .replace(/^(\.[/\\])+/, "")
    .split(sep)
    .join("/");
  return { path, id, kind, isGiven: true };
}
