import { createInterface } from "node:readline/promises";
import type { Collection, Polyseme } from "@polyseme/client";
import type { CliContext } from "../context.ts";
import { makeProgressView, type ProgressView } from "../progress.ts";
import type { SentDocument, SourceRecord } from "../record/source-record.ts";
import type { SourceItem } from "../sources/source.ts";
import { plural } from "../terminal.ts";
import { upload, type UploadResult } from "../upload.ts";
import { deleteMissing, type DeletionResult } from "./delete-missing.ts";

export interface IngestOptions {
  readonly collection: string;
  readonly wait: boolean;
  readonly json: boolean;
  readonly watch: boolean;
  readonly deleteMissing: boolean;
  readonly yes: boolean;
  readonly resend: boolean;
}

/** What a run over any kind of source works with. */
export interface SourceRun {
  readonly context: CliContext;
  readonly options: IngestOptions;
  readonly client: Polyseme;
  readonly signal: AbortSignal;
  /** As it was at the start. */
  readonly collection: Pick<Collection, "createdAt" | "documents">;
}

const SILENT: ProgressView = { update: () => undefined, stop: () => undefined };

/** Sends documents and waits as the options say. */
export async function send(
  { client, signal, context, options }: Omit<SourceRun, "collection">,
  items: AsyncIterable<SourceItem>,
  { isQuiet = false } = {},
): Promise<UploadResult> {
  const view = isQuiet ? SILENT : makeProgressView(context);
  return upload(client, items, { collection: options.collection, signal, view, wait: options.wait }).catch(
    (error: unknown) => {
      throw signal.aborted ? stopped(signal.reason) : error;
    },
  );
}

/** Deletes what the records of a source say is missing, but for what `spared` names. */
export async function deleteOrphans(
  run: SourceRun,
  records: readonly SourceRecord[],
  spared: ReadonlySet<string> = new Set(),
): Promise<DeletionResult> {
  const { client, signal, options } = run;
  let sum: DeletionResult = { deleted: 0, kept: 0, refused: 0 };
  for (const record of records) {
    const missing = record.orphans().filter(([id]) => !spared.has(id));
    const mayDelete = (count: number, of: number): Promise<boolean> => allow(run, count, of);
    const { collection } = options;
    const { deleted, kept, refused } = await deleteMissing(client, record, missing, { collection, signal, mayDelete });
    sum = { deleted: sum.deleted + deleted, kept: sum.kept + kept, refused: sum.refused + refused };
  }
  return sum;
}

export function orphansOf(records: readonly SourceRecord[]): SentDocument[] {
  return records.flatMap((record) => record.orphans());
}

/** A person at the terminal is asked; nobody else may say yes without having said so before. */
async function allow({ context, options, signal }: SourceRun, count: number, of: number): Promise<boolean> {
  if (options.yes) return true;
  const { stdin, errStream, err } = context;
  if (!("isTTY" in stdin && stdin.isTTY === true) || !err.isTerminal || options.watch) return false;
  const asking = createInterface({ input: stdin, output: errStream });
  try {
    const question = `${plural(count, "document")} of the ${of.toLocaleString("en")} that this source gave are missing in it. Delete them? [y/N] `;
    return /^y(es)?$/i.test((await asking.question(question, { signal })).trim());
  } finally {
    asking.close();
  }
}

function stopped(reason: unknown): Error {
  return new Error("Stopped. What was accepted is durable; run the same command again for the rest.", {
    cause: reason,
  });
}
