import { realpath } from "node:fs/promises";
import { messageOf, pause } from "@polyseme/core";
import { openRecord } from "../record/open-record.ts";
import type { Root } from "../sources/find-files.ts";
import { IdClaims } from "../sources/read-sources.ts";
import { makeForeignReader } from "../sources/reader/reader-process.ts";
import type { SourceItem } from "../sources/source.ts";
import { changedDocuments, lookAt, type PassCounts, type PassTools, type RecordedRoot } from "./file-pass.ts";
import { deleteOrphans, orphansOf, send, type SourceRun } from "./source-run.ts";
import { printProblems, reportPass, throwUnlessAllStored, describeIngest, type IngestResult } from "./summary.ts";
import { watchRoots, type Changes } from "./watch-roots.ts";

const TRY_AGAIN_MS = 2_000;
const NOTHING_TO_INGEST = "There is nothing to ingest in these paths. See polyseme ingest --help.";

/** Files of roots: sends what changed, deletes what is asked for, and goes on when it is to watch. */
export async function runFiles(run: SourceRun, roots: readonly Root[], folder: string): Promise<void> {
  const { context, options, signal } = run;
  const recorded = await recordedRoots(run, roots, folder);
  const tools = { claims: new IdClaims(), reader: makeForeignReader(), resend: options.resend };
  const watcher = options.watch
    ? await watchRoots(roots, {
        signal,
        onLimit: (reason) => {
          context.err.line(`Not all of it can be watched (${reason}). It is looked at every few seconds instead.`);
        },
      })
    : undefined;
  try {
    const result = await pass(run, recorded, tools, { deletes: options.deleteMissing });
    printProblems(result, context.err);
    if (result.otherKinds > 0)
      context.err.line(
        `Skipped ${result.otherKinds.toLocaleString("en")} files of other kinds (see polyseme ingest --help).`,
      );
    if (options.json && watcher === undefined) context.out.json(result);
    else context.out.line(options.json ? JSON.stringify(result) : describeIngest(result, "file"));
    if (watcher === undefined) {
      throwUnlessAllStored(result, options.wait);
      return;
    }
    context.err.line("Watching for changes; stop with Ctrl-C.");
    const trusted = recorded.map((root) => ({ ...root, isTrusted: true }));
    await follow(run, trusted, { ...tools, resend: false }, watcher);
  } finally {
    tools.reader.close();
    await watcher?.close();
    for (const { record } of recorded) await record.flush();
  }
}

/** Given files share one record, each folder has its own. */
export async function recordedRoots(
  { options, collection }: Pick<SourceRun, "options" | "collection">,
  roots: readonly Root[],
  folder: string,
): Promise<RecordedRoot[]> {
  const opened = new Map<string, ReturnType<typeof openRecord>>();
  const recorded: RecordedRoot[] = [];
  for (const root of roots) {
    const source = root.kind === "file" ? "files" : `folder:${await realpath(root.absolute)}`;
    const opening = opened.get(source) ?? openRecord(folder, collection, { collection: options.collection, source });
    opened.set(source, opening);
    recorded.push({ root, ...(await opening) });
  }
  return recorded;
}

interface PassOptions {
  readonly deletes: boolean;
  /** What to look at; everything when left out. */
  readonly changes?: Changes;
  /** Orphans that are none of this pass. */
  readonly spared?: ReadonlySet<string>;
}

async function pass(
  run: SourceRun,
  roots: readonly RecordedRoot[],
  tools: PassTools,
  { deletes, changes, spared }: PassOptions,
): Promise<IngestResult> {
  const counts: PassCounts = { files: 0, untouched: 0, otherKinds: 0 };
  const looks = await Promise.all(
    roots
      .filter(({ root }) => changes === undefined || changes.has(root))
      .map((root) => lookAt(root, changes?.get(root.root))),
  );
  if (
    changes === undefined &&
    looks.every(({ files, problems, root }) => files.length + problems.length + root.record.documents === 0)
  )
    if (orphansOf(looks.map(({ root }) => root.record)).length === 0) throw new Error(NOTHING_TO_INGEST);
  const items = async function* (): AsyncGenerator<SourceItem> {
    for (const look of looks) {
      counts.otherKinds += look.otherKinds;
      yield* changedDocuments(look, tools, counts);
    }
  };
  const sent = await send(run, items(), { isQuiet: changes !== undefined });
  const records = [...new Set(roots.map(({ record }) => record))];
  for (const record of records) await record.flush();
  const { deleted, kept, refused } = deletes
    ? await deleteOrphans(run, records, spared)
    : { deleted: 0, kept: 0, refused: 0 };
  const { files, untouched, otherKinds } = counts;
  return { ...sent, lookedAt: files, untouched, otherKinds, deleted, kept, notDeleted: refused };
}

/**
 * Passes over what changes, until the signal. What is removed meanwhile is deleted; what was missing before only when
 * that was asked for.
 */
async function follow(
  run: SourceRun,
  roots: readonly RecordedRoot[],
  tools: PassTools,
  watcher: Awaited<ReturnType<typeof watchRoots>>,
): Promise<void> {
  const { context, options, signal } = run;
  const records = [...new Set(roots.map(({ record }) => record))];
  const spared = new Set(options.deleteMissing ? [] : orphansOf(records).map(([id]) => id));
  let isRefused = false;
  for (let changes = await watcher.next(); changes !== undefined; changes = await watcher.next()) {
    try {
      const result = await pass(run, roots, tools, { deletes: true, changes, spared });
      // Said once, not at each change: the answer is to start again with --yes.
      reportPass({ ...result, notDeleted: isRefused ? 0 : result.notDeleted }, "file", {
        ...context,
        json: options.json,
      });
      isRefused = result.notDeleted > 0;
    } catch (error) {
      if (signal.aborted) return;
      context.err.line(`${messageOf(error)} Trying again.`);
      await pause(TRY_AGAIN_MS, signal);
      await pass(run, roots, tools, {
        deletes: false,
        changes: new Map(roots.map(({ root }) => [root, undefined])),
      }).catch(() => undefined);
    }
  }
}
