import { PolysemeRequestError } from "@polyseme/client";
import type { Root } from "../sources/find-files.ts";
import { IdClaims } from "../sources/read-sources.ts";
import { makeForeignReader } from "../sources/reader/reader-process.ts";
import type { Problem, SourceItem } from "../sources/source.ts";
import { plural, printable } from "../terminal.ts";
import { changedDocuments, lookAt, type PassCounts } from "./file-pass.ts";
import { recordedRoots } from "./run-files.ts";
import { openRows, type RowOptions } from "./run-rows.ts";
import { allRows, canFollow, changedRows, dropGoneRows, type RowCounts } from "./rows-pass.ts";
import { orphansOf, type SourceRun } from "./source-run.ts";

/** What a run would do. */
interface Plan {
  readonly collection: string;
  readonly wouldSend: number;
  readonly wouldDelete: number;
  readonly untouched: number;
  /** The first of them. */
  readonly documents: readonly { readonly id: string; readonly origin: string }[];
  readonly missing: readonly string[];
  readonly problems: readonly Problem[];
}

const LISTED = 10_000;

export async function planFiles(run: SourceRun, roots: readonly Root[], folder: string): Promise<void> {
  const recorded = await recordedRoots(run, roots, folder);
  const records = [...new Set(recorded.map(({ record }) => record))];
  for (const record of records) record.makeReadOnly();
  const reader = makeForeignReader();
  const tools = { claims: new IdClaims(), reader, resend: run.options.resend };
  const counts: PassCounts = { files: 0, untouched: 0, otherKinds: 0 };
  const items = async function* (): AsyncGenerator<SourceItem> {
    for (const root of recorded) yield* changedDocuments(await lookAt(root), tools, counts);
  };
  try {
    await show(run, items(), () => ({ missing: orphansOf(records).map(([id]) => id), untouched: counts.untouched }));
  } finally {
    reader.close();
  }
}

export async function planRows(run: SourceRun, choice: RowOptions, folder: string): Promise<void> {
  const rows = await openRows(run, choice, folder, run.options.resend);
  rows.record.makeReadOnly();
  const counts: RowCounts = { rows: 0, untouched: 0 };
  try {
    if (run.options.deleteMissing) await dropGoneRows(rows);
    const { items } = canFollow(rows) ? changedRows(rows, counts) : allRows(rows, counts);
    await show(run, items, () => ({
      missing: orphansOf([rows.record]).map(([id]) => id),
      untouched: counts.untouched,
    }));
  } finally {
    await rows.database.close();
  }
}

/** A line a document; every document counts as sent, so that documents that moved are not missing. */
async function show(
  { context, options }: SourceRun,
  items: AsyncIterable<SourceItem>,
  rest: () => { readonly missing: readonly string[]; readonly untouched: number },
): Promise<void> {
  const { out, err } = context;
  const documents: { id: string; origin: string }[] = [];
  const problems: Problem[] = [];
  let wouldSend = 0;
  for await (const item of items) {
    if ("problem" in item) {
      problems.push(item.problem);
      err.line(`  not readable ${printable(item.problem.origin)}: ${printable(item.problem.message)}`);
      continue;
    }
    wouldSend += 1;
    const id = String(item.document["id"]);
    if (!options.json) out.line(`send ${printable(id)}${id === item.origin ? "" : ` (${printable(item.origin)})`}`);
    else if (documents.length < LISTED) documents.push({ id, origin: item.origin });
    item.answered?.(true);
  }
  const { missing, untouched } = rest();
  const deleted = options.deleteMissing ? missing : [];
  if (!options.json) for (const id of deleted) out.line(`delete ${printable(id)}`);
  const { collection } = options;
  const plan: Plan = {
    collection,
    wouldSend,
    wouldDelete: deleted.length,
    untouched,
    documents,
    missing: deleted.slice(0, LISTED),
    problems: problems.slice(0, LISTED),
  };
  if (options.json) out.json(plan);
  else
    out.line(
      `Nothing was sent. To "${collection}" would go ${plural(wouldSend, "document")}; ${untouched.toLocaleString("en")} as before; ${deleted.length.toLocaleString("en")} to delete.`,
    );
  if (problems.length > 0)
    throw new Error(`${plural(problems.length, "file")} cannot be read (see above). Mend what is wrong and try again.`);
}

const NOT_FOUND = 404;

/** The collection, without making one: what is not there holds nothing. */
export async function lookAtCollection({ client, options, signal }: Omit<SourceRun, "collection">) {
  try {
    return await client.collections.get(options.collection, { signal });
  } catch (error) {
    if (!(error instanceof PolysemeRequestError) || error.status !== NOT_FOUND) throw error;
    return undefined;
  }
}
