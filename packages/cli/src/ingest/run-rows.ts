import { messageOf, pause } from "@polyseme/core";
import { connectSource, type SourceDatabase } from "../postgres/connection.ts";
import { askHorizon } from "../postgres/horizon.ts";
import { findRows, type RowChoice } from "../postgres/row-source.ts";
import { openRecord } from "../record/open-record.ts";
import { allRows, canFollow, changedRows, dropGoneRows, type RecordedRows, type RowCounts } from "./rows-pass.ts";
import { deleteOrphans, send, type SourceRun } from "./source-run.ts";
import { describeIngest, printProblems, reportPass, throwUnlessAllStored, type IngestResult } from "./summary.ts";

export interface RowOptions extends RowChoice {
  readonly address: string;
}

const POLL_MS = 500;
/** A look for changes may take this share of the source's time. */
const POLL_SHARE = 0.2;
const MISSING_EVERY_MS = 30_000;
const TRY_AGAIN_MS = 1_000;

/** Rows of a Postgres: sends what changed, deletes what is asked for, and goes on when it is to watch. */
export async function runRows(run: SourceRun, choice: RowOptions, folder: string): Promise<void> {
  const { context, options } = run;
  if (options.watch && choice.cursor === undefined)
    throw new Error(
      "--watch finds changed rows by a column that grows with each change. Name it: --cursor updated_at.",
    );
  let rows = await openRows(run, choice, folder, options.resend);
  try {
    if (choice.cursor !== undefined && !(await askHorizon(rows.database)).seesAll)
      context.err.line(
        "This user does not see other users' transactions, so rows of the last five minutes are read again at each look. Better: grant pg_read_all_stats to it.",
      );
    const first = await pass(run, rows, { isQuiet: false, deletes: options.deleteMissing });
    printProblems(first, context.err);
    if (options.json && !options.watch) context.out.json(first);
    else context.out.line(options.json ? JSON.stringify(first) : describeIngest(first, "row"));
    if (!options.watch) {
      throwUnlessAllStored(first, options.wait);
      return;
    }
    context.err.line("Watching for changes; stop with Ctrl-C.");
    rows = { ...rows, resend: false, isTrusted: true };
    await follow(run, rows, async () => {
      await rows.database.close();
      rows = { ...rows, database: await connectSource(choice.address) };
      return rows;
    });
  } finally {
    await rows.record.flush();
    await rows.database.close();
  }
}

/** Connects and looks up what is to be read. */
export async function openRows(
  { options, collection }: Pick<SourceRun, "options" | "collection">,
  choice: RowOptions,
  folder: string,
  resend: boolean,
): Promise<RecordedRows> {
  const database: SourceDatabase = await connectSource(choice.address);
  try {
    const source = await findRows(database, choice);
    const of = { collection: options.collection, source: source.label };
    return { ...(await openRecord(folder, collection, of)), database, source, resend };
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface PassOptions {
  readonly isQuiet: boolean;
  readonly deletes: boolean;
}

async function pass(run: SourceRun, rows: RecordedRows, { isQuiet, deletes }: PassOptions): Promise<IngestResult> {
  const counts: RowCounts = { rows: 0, untouched: 0 };
  const { items, done } = canFollow(rows) ? changedRows(rows, counts) : allRows(rows, counts);
  const sent = await send(run, items, { isQuiet });
  done();
  if (deletes) await dropGoneRows(rows);
  await rows.record.flush();
  const { deleted, kept, refused } = deletes
    ? await deleteOrphans(run, [rows.record])
    : { deleted: 0, kept: 0, refused: 0 };
  const { rows: lookedAt, untouched } = counts;
  return { ...sent, lookedAt, untouched, otherKinds: 0, deleted, kept, notDeleted: refused };
}

async function follow(run: SourceRun, first: RecordedRows, reconnect: () => Promise<RecordedRows>): Promise<void> {
  const { context, options, signal } = run;
  let rows = first;
  let missingAtMs = performance.now() + MISSING_EVERY_MS;
  let isRefused = false;
  while (!signal.aborted) {
    const startedMs = performance.now();
    try {
      const deletes = options.deleteMissing && startedMs >= missingAtMs;
      const result = await pass(run, rows, { isQuiet: true, deletes });
      const endedMs = performance.now();
      if (deletes) missingAtMs = endedMs + Math.max(MISSING_EVERY_MS, (endedMs - startedMs) / POLL_SHARE);
      // Said once, not at each look: the answer is to start again with --yes.
      reportPass({ ...result, notDeleted: isRefused ? 0 : result.notDeleted }, "row", {
        ...context,
        json: options.json,
      });
      if (deletes) isRefused = result.notDeleted > 0;
      // With nothing to send, all the time was the source's.
      const restMs = result.read > 0 ? 0 : (endedMs - startedMs) * (1 / POLL_SHARE - 1);
      await pause(Math.max(POLL_MS, restMs), signal);
    } catch (error) {
      if (signal.aborted) return;
      context.err.line(`${messageOf(error)} Trying again.`);
      await pause(TRY_AGAIN_MS, signal);
      rows = await reconnect().catch(() => rows);
    }
  }
}
