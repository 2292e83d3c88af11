import type { Command } from "commander";
import { NotBuiltYet, type CliContext } from "../context.ts";
import { withCollectionOption, withServerOptions, type CollectionOptions } from "../options.ts";
import { makeProgressView } from "../progress.ts";
import { withServer } from "../server.ts";
import { findFiles } from "../sources/find-files.ts";
import { readNdjson } from "../sources/read-ndjson.ts";
import { readSources } from "../sources/read-sources.ts";
import type { SourceItem } from "../sources/source.ts";
import { duration, plural, printable, type Terminal } from "../terminal.ts";
import { upload, type UploadResult } from "../upload.ts";

interface Options extends CollectionOptions {
  readonly wait: boolean;
  readonly watch?: true;
}

const STANDARD_INPUT = "-";
const PRINTED_PROBLEMS = 20;

const HELP = `
Sources: folders (walked, without hidden entries, links and node_modules), .jsonl and .ndjson (a document a line:
{"id", "text", "title"?, "metadata"?}), .csv (columns id, text, title; the rest is metadata; a row without id gets
its file's name and number), .md and .txt (one document; its id is the path below the given folder, or the path as given).
Pushing the same again costs nothing: what has not changed is not embedded again.`;

/** `polyseme ingest`: pushes documents and waits until they are stored. */
export function addIngest(program: Command, context: CliContext): void {
  const command = program
    .command("ingest")
    .description("Push documents from files, folders or standard input (-) and wait until they are stored")
    .argument("<path...>", "files, folders, or - for NDJSON on standard input")
    .option("--no-wait", "end when the documents are durable, before they are embedded")
    .option("--watch", "keep running and push what changes")
    .addHelpText("after", HELP);
  withServerOptions(withCollectionOption(command)).action(async (paths: string[], options: Options) => {
    if (options.watch === true) throw new NotBuiltYet("--watch", "Run ingest again: unchanged documents cost nothing.");
    const items = await openSources(context, paths);
    await withServer(context, options.url, async ({ client, signal }) => {
      const view = makeProgressView(context);
      const { collection, wait } = options;
      const result = await upload(client, items, { collection, signal, view, wait }).catch((error: unknown) => {
        throw signal.aborted ? stopped(signal.reason) : error;
      });
      printProblems(result, context.err);
      if (options.json === true) context.out.json(result);
      else context.out.line(describeResult(result));
      throwUnlessAllStored(result, wait);
    });
  });
}

async function openSources({ stdin, err }: CliContext, paths: readonly string[]): Promise<AsyncIterable<SourceItem>> {
  if (paths.includes(STANDARD_INPUT)) {
    if (paths.length > 1) throw new Error("Give either - or paths: standard input cannot be mixed with files.");
    return readNdjson(stdin, "line");
  }
  const { files, skipped, problems } = await findFiles(paths);
  if (skipped > 0) err.line(`Skipped ${plural(skipped, "file")} of other kinds (see polyseme ingest --help).`);
  if (files.length === 0 && problems.length === 0)
    throw new Error("There is nothing to ingest in these paths. See polyseme ingest --help.");
  return readSources(files, problems);
}

function printProblems({ problems, rejected, failures, failed }: UploadResult, err: Terminal): void {
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

/** One line that accounts for every document. */
export function describeResult(result: UploadResult): string {
  const { read, unchanged, rejected, failed, pending, tokens, seconds, collection } = result;
  const rate = unchanged === 0 && seconds > 0 ? `, ${Math.round(tokens / seconds).toLocaleString("en")} tokens/s` : "";
  const parts = [
    `${(result.stored - unchanged > 0 ? result.stored - unchanged : 0).toLocaleString("en")} stored`,
    `${unchanged.toLocaleString("en")} unchanged`,
    ...(pending > 0 ? [`${pending.toLocaleString("en")} on their way`] : []),
    ...(rejected > 0 ? [`${rejected.toLocaleString("en")} not taken`] : []),
    ...(failed > 0 ? [`${failed.toLocaleString("en")} failed`] : []),
  ];
  return `${plural(read, "document")} to "${collection}": ${parts.join(", ")} in ${duration(seconds)}${rate}`;
}

function throwUnlessAllStored({ rejected, failed, pending, collection }: UploadResult, wait: boolean): void {
  const bad = rejected + failed;
  if (bad > 0)
    throw new Error(
      `${plural(bad, "document")} of this push ${bad === 1 ? "is" : "are"} not stored (see above). Mend what is wrong and ingest again: the others are unchanged then.`,
    );
  if (wait && pending > 0)
    throw new Error(`${pending} documents are still pending. See polyseme status -c ${collection}.`);
}

function stopped(reason: unknown): Error {
  return new Error("Stopped. What was accepted is durable; run the same command again for the rest.", {
    cause: reason,
  });
}
