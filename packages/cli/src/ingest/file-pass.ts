import { lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import { digestDocument, digestFile } from "../record/digest.ts";
import type { OpenedRecord } from "../record/open-record.ts";
import type { FileMark, SentDocument } from "../record/source-record.ts";
import { filesOf, type FoundFile, type Root } from "../sources/find-files.ts";
import { openFile } from "../sources/open-file.ts";
import { readFile, type IdClaims } from "../sources/read-sources.ts";
import type { ForeignReader } from "../sources/reader/reader-process.ts";
import type { Problem, SourceItem } from "../sources/source.ts";

/** A root with what it has given before. */
export interface RecordedRoot extends OpenedRecord {
  readonly root: Root;
}

/** What is the same for every pass over the roots. */
export interface PassTools {
  readonly claims: IdClaims;
  readonly reader: ForeignReader;
  /** Read and send everything, whatever the record says. */
  readonly resend: boolean;
}

/** What a look at a root found. */
export interface RootFiles {
  readonly root: RecordedRoot;
  readonly files: readonly FoundFile[];
  readonly otherKinds: number;
  readonly problems: readonly Problem[];
}

/** Counts of one pass. */
export interface PassCounts {
  files: number;
  /** Files that are as the record has them: neither read nor sent. */
  untouched: number;
  /** Files of other kinds, links and the like. */
  otherKinds: number;
}

/** To be raised when files give other documents than before, so that they are sent again. */
const READERS = 1;
/** A change within this time of the look may not show in the times of the file. */
const SAME_MOMENT_MS = 2_000;

/**
 * The files of a root. What the record has and the disk has no more is dropped from the record: its documents are orphans.
 * @param only paths of a folder to look at (relative to it, with `/`); all when left out
 */
export async function lookAt(root: RecordedRoot, only?: ReadonlySet<string>): Promise<RootFiles> {
  const { files, skipped, problems } = await filesOf(root.root, only);
  // A folder that cannot be read has not lost its files.
  if (root.root.kind === "folder" && problems.length === 0) await dropGone(root, files, only);
  return { root, files, otherKinds: skipped, problems };
}

async function dropGone(
  { root, record }: RecordedRoot,
  files: readonly FoundFile[],
  only: ReadonlySet<string> | undefined,
): Promise<void> {
  const found = new Set(files.map(({ id }) => id));
  const within = (key: string): boolean =>
    only === undefined || [...only].some((path) => path === "" || key === path || key.startsWith(`${path}/`));
  for (const key of [...record.keys()]) {
    if (found.has(key) || !within(key)) continue;
    // What is left out by rules or options is still there.
    const isGone = await lstat(join(root.path, key)).then(() => false, isAbsent);
    if (isGone) record.drop(key);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/**
 * The documents of the files that are not as the record has them, and what cannot be read. A file is recorded once the
 * server has taken all of its documents.
 */
export async function* changedDocuments(
  { root, files, problems }: RootFiles,
  tools: PassTools,
  counts: PassCounts,
): AsyncGenerator<SourceItem> {
  for (const known of problems) yield { problem: known };
  for (const file of files) {
    counts.files += 1;
    const mark = await markUnlessKnown(file, root, tools.resend);
    if (mark === "known") {
      counts.untouched += 1;
      continue;
    }
    yield* recorded(file, mark, root, tools);
    await root.record.flushSome();
  }
}

/** How the file is now, or `known` when the record has it so. Undefined when it cannot be told: reading it will say why. */
async function markUnlessKnown(
  file: FoundFile,
  { record, isTrusted, root }: RecordedRoot,
  resend: boolean,
): Promise<FileMark | "known" | undefined> {
  const seenMs = Date.now();
  const stats = await (file.isGiven === true ? stat(file.path) : lstat(file.path)).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  const { size, mtimeMs, ctimeMs } = stats;
  const recorded = isTrusted && !resend ? record.get(keyOf(root, file)) : undefined;
  const before = recorded?.file?.readers === READERS ? recorded : undefined;
  if (before?.file !== undefined && isSure(before.file, { size, mtimeMs, ctimeMs })) return "known";
  const hash = await hashOf(file);
  if (hash === undefined) return undefined;
  const mark = { size, mtimeMs, ctimeMs, hash, seenMs, readers: READERS };
  if (before === undefined || before.file?.size !== size || before.file.hash !== hash) return mark;
  record.set(keyOf(root, file), { ...before, file: mark });
  return "known";
}

async function hashOf(found: FoundFile): Promise<string | undefined> {
  const file = await openFile(found).catch(() => undefined);
  return file === undefined ? undefined : digestFile(file).finally(() => file.close());
}

/** True when size and times say by themselves that the content is the same. */
export function isSure(
  before: Omit<FileMark, "hash" | "readers">,
  now: Pick<FileMark, "size" | "mtimeMs" | "ctimeMs">,
): boolean {
  return (
    before.size === now.size &&
    before.mtimeMs === now.mtimeMs &&
    before.ctimeMs === now.ctimeMs &&
    Math.max(before.mtimeMs, before.ctimeMs) < before.seenMs - SAME_MOMENT_MS
  );
}

/** A folder's files go by their place in it, given ones by their whole path and the id that the way they were given makes. */
function keyOf(root: Root, file: FoundFile): string {
  return root.kind === "folder" ? file.id : `${root.absolute}#${file.id}`;
}

async function* recorded(
  file: FoundFile,
  mark: FileMark | undefined,
  { record, root }: RecordedRoot,
  { claims, reader }: PassTools,
): AsyncGenerator<SourceItem> {
  const documents: SentDocument[] = [];
  let open = 1;
  let isWhole = mark !== undefined;
  const close = (): void => {
    open -= 1;
    if (open === 0 && isWhole && mark !== undefined) record.set(keyOf(root, file), { documents, file: mark });
  };
  for await (const item of readFile(file, claims, reader)) {
    if ("problem" in item) {
      isWhole = false;
      yield item;
      continue;
    }
    const { id } = item.document;
    if (typeof id === "string") documents.push([id, digestDocument(item.document)]);
    open += 1;
    yield {
      ...item,
      answered: (taken) => {
        isWhole &&= taken;
        close();
      },
    };
  }
  close();
}
