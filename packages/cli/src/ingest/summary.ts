import type { CliContext } from "../context.ts";
import { plural, printable, type Terminal } from "../terminal.ts";
import { describeResult, type UploadResult } from "../upload.ts";

/** What one pass over a source did. */
export interface IngestResult extends UploadResult {
  /** Files or rows that were looked at. */
  readonly lookedAt: number;
  /** Of these, as the record has them: neither read nor sent again. */
  readonly untouched: number;
  /** Files that are no source. */
  readonly otherKinds: number;
  readonly deleted: number;
  /** Missing in the source, and kept as they belong to somebody else as well. */
  readonly kept: number;
  /** Missing in the source, and so many that it must be allowed first. */
  readonly notDeleted: number;
}

const PRINTED_PROBLEMS = 20;

export function printProblems({ problems, rejected, failures, failed }: UploadResult, err: Terminal): void {
  const lines = [
    ...problems.map(({ origin, id, code, message }) => {
      const named = id === undefined || id === origin ? origin : `${origin} (${id})`;
      return `  ${err.colors.red("not taken")} ${printable(named)}: ${code}: ${printable(message)}`;
    }),
    ...failures.map(
      ({ id, code, message }) => `  ${err.colors.red("failed")} ${printable(id)}: ${code}: ${printable(message)}`,
    ),
  ].slice(0, PRINTED_PROBLEMS);
  for (const line of lines) err.line(line);
  const rest = rejected + failed - lines.length;
  if (rest > 0) err.line(`  and ${rest.toLocaleString("en")} more`);
}

/** One line that accounts for everything that was looked at. */
export function describeIngest(result: IngestResult, what: "file" | "row"): string {
  const { untouched, deleted, kept, notDeleted } = result;
  return [
    describeResult(result),
    ...(untouched > 0 ? [`${plural(untouched, what)} as before, not sent`] : []),
    ...(deleted > 0 ? [`${plural(deleted, "document")} deleted`] : []),
    ...(kept > 0 ? [`${plural(kept, "missing document")} kept: changed or given by others as well`] : []),
    ...(notDeleted > 0 ? [`${plural(notDeleted, "missing document")} not deleted`] : []),
  ].join("; ");
}

/** A line of a run that goes on: nothing when nothing was to do. */
export function reportPass(
  result: IngestResult,
  what: "file" | "row",
  { out, err, json }: Pick<CliContext, "out" | "err"> & { readonly json: boolean },
): void {
  if (result.read + result.deleted + result.kept + result.notDeleted === 0) return;
  printProblems(result, err);
  if (json) out.line(JSON.stringify(result));
  else out.line(describeIngest(result, what));
}

/** @throws Error that says what is left to do, if anything is */
export function throwUnlessAllStored(result: IngestResult, wait: boolean): void {
  const { rejected, failed, pending, collection, notDeleted } = result;
  const bad = rejected + failed;
  if (bad > 0)
    throw new Error(
      `${plural(bad, "document")} of this push ${bad === 1 ? "is" : "are"} not stored (see above). Mend what is wrong and ingest again: the others are unchanged then.`,
    );
  if (notDeleted > 0)
    throw new Error(
      `${plural(notDeleted, "document")} of this source ${notDeleted === 1 ? "is" : "are"} missing in it, a big share of all it gave. Is it whole, and the right one? Then delete them with --delete-missing --yes.`,
    );
  if (wait && pending > 0)
    throw new Error(`${pending} documents are still pending. See polyseme status -c ${collection}.`);
}
