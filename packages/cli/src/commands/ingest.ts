import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { lookAtCollection, planFiles, planRows } from "../ingest/dry-run.ts";
import { runFiles } from "../ingest/run-files.ts";
import { runRows, type RowOptions } from "../ingest/run-rows.ts";
import { send, type IngestOptions, type SourceRun } from "../ingest/source-run.ts";
import { printProblems, throwUnlessAllStored } from "../ingest/summary.ts";
import { withCollectionOption, withServerOptions, type CollectionOptions } from "../options.ts";
import { haveCollection, recordsFolder } from "../record/open-record.ts";
import { withServer, type ServerUse } from "../server.ts";
import { READABLE } from "../sources/file-kinds.ts";
import { openRoots } from "../sources/find-files.ts";
import { readNdjson } from "../sources/read-ndjson.ts";
import { describeResult } from "../upload.ts";

interface Options extends CollectionOptions {
  readonly wait: boolean;
  readonly watch?: true;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly deleteMissing?: true;
  readonly yes?: true;
  readonly resend?: true;
  readonly dryRun?: true;
  readonly fromPostgres?: string;
  readonly table?: string;
  readonly query?: string;
  readonly id?: string;
  readonly text?: string;
  readonly title?: string;
  readonly metadata: readonly string[];
  readonly cursor?: string;
}

/** What is sent, once it is known that it can be. */
type Source =
  | { readonly kind: "input" }
  | { readonly kind: "files"; readonly roots: Awaited<ReturnType<typeof openRoots>> }
  | { readonly kind: "rows"; readonly choice: RowOptions };

const STANDARD_INPUT = "-";

const HELP = `
Sources: folders, and files: ${READABLE}.
A line of .jsonl or .ndjson is a document: {"id", "text", "title"?, "metadata"?}; so is a row of .csv and .parquet (columns
id, text, title; the rest is metadata; a row without id gets its file's name and number). Every other file is one document;
its id is its path below the given folder, or the path as given. Folders are walked without hidden entries, links,
node_modules and what .gitignore and .polysemeignore leave out.
What has not changed is neither read nor sent again (a record is kept in the data folder), nor embedded again.

Examples:
  polyseme ingest docs/ --watch --collection notes
  polyseme ingest src/ --include '*.ts' --exclude '*.test.ts' --delete-missing
  polyseme ingest --from-postgres "$SHOP_URL" --table products --text description --metadata category,price \\
    --cursor updated_at --watch`;

/** `polyseme ingest`: pushes documents and waits until they are stored. */
export function addIngest(program: Command, context: CliContext): void {
  const command = program
    .command("ingest")
    .description(
      "Push documents from files, folders, standard input (-) or a Postgres table and wait until they are stored",
    )
    .argument("[path...]", "files, folders, or - for NDJSON on standard input")
    .option("--no-wait", "end when the documents are durable, before they are embedded")
    .option("--watch", "keep running and follow what is changed, added and removed")
    .option("--include <pattern>", "of folders, only files that match (as in .gitignore; may be repeated)", gather, [])
    .option("--exclude <pattern>", "of folders, no files or folders that match (may be repeated)", gather, [])
    .option("--delete-missing", "delete documents that this source gave before and has no more")
    .option("-y, --yes", "do not ask before a big share of a source's documents is deleted")
    .option("--resend", "read and send everything, whatever was sent before")
    .option("--dry-run", "show what would be sent and deleted, and do neither")
    .option("--from-postgres <url>", "read rows of a Postgres; env:NAME takes the address from a variable")
    .option("--table <name>", "with --from-postgres: the table or view")
    .option("--query <sql>", "with --from-postgres: a query instead of a table")
    .option("--id <column>", "its column for ids (the primary key)")
    .option("--text <column>", "its column for texts (text)")
    .option("--title <column>", "its column for titles (none)")
    .option("--metadata <columns>", "its columns for metadata, with commas between them", commas, [])
    .option("--cursor <column>", "its column that grows with each change, such as updated_at")
    .addHelpText("after", HELP);
  withServerOptions(withCollectionOption(command)).action(async (paths: string[], options: Options) => {
    const source = await openSource(context, paths, options);
    await withServer(context, options.url, (use) => ingest(context, source, options, use));
  });
}

async function ingest(context: CliContext, source: Source, options: Options, use: ServerUse): Promise<void> {
  const { client, signal } = use;
  const told: IngestOptions = {
    collection: options.collection,
    wait: options.wait,
    json: options.json === true,
    watch: options.watch === true,
    deleteMissing: options.deleteMissing === true,
    yes: options.yes === true,
    resend: options.resend === true,
  };
  const run = { context, options: told, client, signal };
  if (options.dryRun === true) {
    await plan(run, source);
    return;
  }
  if (source.kind === "input") {
    await ingestInput(run);
    return;
  }
  const whole = { ...run, collection: await haveCollection(client, options.collection, signal) };
  const folder = recordsFolder(context.env);
  if (source.kind === "files") await runFiles(whole, source.roots, folder);
  else await runRows(whole, source.choice, folder);
}

async function plan(run: Omit<SourceRun, "collection">, source: Source): Promise<void> {
  if (source.kind === "input")
    throw new Error("--dry-run looks at files and tables; standard input can be read only once.");
  const collection = (await lookAtCollection(run)) ?? { createdAt: "", documents: { total: 0 } };
  const whole = { ...run, collection } as SourceRun;
  const folder = recordsFolder(run.context.env);
  if (source.kind === "files") await planFiles(whole, source.roots, folder);
  else await planRows(whole, source.choice, folder);
}

/** Standard input names no source that could be compared with later. */
async function ingestInput(run: Omit<SourceRun, "collection">): Promise<void> {
  const { context, options } = run;
  const result = await send(run, readNdjson(context.stdin, "line"));
  printProblems(result, context.err);
  if (options.json) context.out.json(result);
  else context.out.line(describeResult(result));
  throwUnlessAllStored({ ...result, ...NOTHING_MORE }, options.wait);
}

const NOTHING_MORE = { lookedAt: 0, untouched: 0, otherKinds: 0, deleted: 0, kept: 0, notDeleted: 0 };

/** @throws Error for what does not go together or is not there */
async function openSource({ env }: CliContext, paths: readonly string[], options: Options): Promise<Source> {
  const { fromPostgres, include, exclude } = options;
  if (fromPostgres !== undefined) {
    if (paths.length > 0) throw new Error("Give either paths or --from-postgres.");
    return { kind: "rows", choice: { ...options, address: addressOf(fromPostgres, env) } };
  }
  const misplaced = (["table", "query", "id", "text", "title", "cursor"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (misplaced !== undefined || options.metadata.length > 0)
    throw new Error(`--${misplaced ?? "metadata"} goes with --from-postgres.`);
  if (paths.length === 0)
    throw new Error("Name what to ingest: files, folders, -, or --from-postgres. See polyseme ingest --help.");
  if (!paths.includes(STANDARD_INPUT)) return { kind: "files", roots: await openRoots(paths, { include, exclude }) };
  if (paths.length > 1) throw new Error("Give either - or paths: standard input cannot be mixed with files.");
  if (options.watch === true || options.deleteMissing === true)
    throw new Error("Standard input cannot be watched or compared. Give files or folders.");
  return { kind: "input" };
}

function addressOf(given: string, env: CliContext["env"]): string {
  const name = /^env:(.+)$/.exec(given)?.[1];
  if (name === undefined) return given;
  const address = env[name];
  if (address === undefined || address === "") throw new Error(`--from-postgres: the variable ${name} is not set.`);
  return address;
}

function gather(one: string, before: readonly string[]): string[] {
  return [...before, one];
}

function commas(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
