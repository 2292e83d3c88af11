import type { Failure, FailureChoice } from "@polyseme/client";
import { InvalidArgumentError, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, wholeNumber, type ServerOptions } from "../options.ts";
import { withServer } from "../server.ts";
import { renderTable } from "../table.ts";
import { plural, type Terminal } from "../terminal.ts";

interface ChoiceOptions extends ServerOptions {
  readonly collection?: string;
  readonly code?: string;
  readonly since?: Date;
  readonly until?: Date;
}

/** What the server answers at most in one page; it counts no further than to 10,000. */
const MOST_LISTED = 1_000;
const LISTED = 50;
const SERVER_COUNTS_TO = 10_000;
const MESSAGE_CHARS = 80;

const COLUMNS = [
  { title: "collection" },
  { title: "document" },
  { title: "version", align: "right" },
  { title: "attempts", align: "right" },
  { title: "failed at" },
  { title: "code" },
  { title: "message" },
] as const;

/** `polyseme failures` and `polyseme redrive`. */
export function addFailures(program: Command, context: CliContext): void {
  const failures = program
    .command("failures")
    .description("List failed documents with the reason, the newest failure first")
    .option("--id <id>", "one document")
    .option("--limit <count>", "most to list", wholeNumber(1, MOST_LISTED), LISTED);
  withServerOptions(withChoice(failures)).action(async (options: ChoiceOptions & { id?: string; limit: number }) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const { id, limit } = options;
      const page = await client.failures.list(
        { ...choiceOf(options), ...(id === undefined ? {} : { id }), limit },
        { signal },
      );
      if (options.json === true) context.out.json(page);
      else if (page.failures.length === 0) context.err.line("There are no failures.");
      else {
        printFailures(page.failures, context.out);
        context.err.line(`${countOf(page.total)}. Try them again: polyseme redrive`);
      }
    });
  });

  const redrive = program
    .command("redrive")
    .description("Try failed documents again, as if they had just been pushed")
    .argument("[ids...]", "the documents; left out: all that the options choose")
    .option("--yes", "really: every failure, when nothing is chosen");
  withServerOptions(withChoice(redrive)).action(async (ids: string[], options: ChoiceOptions & { yes?: true }) => {
    const choice = choiceOf(options);
    if (ids.length === 0 && Object.keys(choice).length === 0 && options.yes !== true)
      throw new Error(
        "This tries every failed document of every collection again. Say so with --yes, or choose: --collection, --code, --since, ids.",
      );
    await withServer(context, options.url, async ({ client, signal }) => {
      const redriven = await client.failures.redrive({ ...choice, ...(ids.length === 0 ? {} : { ids }) }, { signal });
      if (options.json === true) context.out.json({ redriven });
      else context.out.line(`${plural(redriven, "document")} queued again. See polyseme status.`);
    });
  });
}

function withChoice(command: Command): Command {
  return command
    .option("-c, --collection <name>", "only of this collection")
    .option("--code <code>", "only with this error code, such as encode_failed")
    .option(
      "--since <time>",
      "failed at this time or later: 2026-01-31, 2026-01-31T12:00Z, or 30m, 2h, 7d ago",
      parseTime,
    )
    .option("--until <time>", "failed before this time", parseTime);
}

function choiceOf({ collection, code, since, until }: ChoiceOptions): FailureChoice {
  return {
    ...(collection === undefined ? {} : { collection }),
    ...(code === undefined ? {} : { code }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

const MS_OF: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A date or time, or how long ago. */
export function parseTime(text: string): Date {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time =
    count === undefined || unit === undefined
      ? new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : NaN)
      : new Date(Date.now() - Number(count) * (MS_OF[unit] ?? NaN));
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError("It must be a time such as 2026-01-31 or 2026-01-31T12:00Z, or 30m, 2h or 7d ago.");
  return time;
}

function countOf(total: number): string {
  return total >= SERVER_COUNTS_TO ? `${total.toLocaleString("en")} failures or more` : plural(total, "failure");
}

function printFailures(failures: readonly Failure[], out: Terminal): void {
  const rows = failures.map(({ collection, id, version, attempts, failedAt, error: { code, message } }) => [
    collection,
    id,
    String(version),
    String(attempts),
    failedAt,
    code,
    message.length > MESSAGE_CHARS ? `${message.slice(0, MESSAGE_CHARS - 1)}…` : message,
  ]);
  for (const line of renderTable(COLUMNS, rows, out)) out.line(line);
}
