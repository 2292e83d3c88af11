import type { ExportedVectors } from "@polyseme/client";
import { parseExportHeader } from "@polyseme/core";
import { Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, type ServerOptions } from "../options.ts";
import { estimate, makeProgressView, type ProgressView } from "../progress.ts";
import { withServer } from "../server.ts";
import { duration, plural } from "../terminal.ts";
import { fileKind } from "../transfer/file-kind.ts";
import { writeLineFile } from "../transfer/line-files.ts";
import { writeParquetFile } from "../transfer/write-parquet.ts";

interface Options extends ServerOptions {
  readonly output?: string;
  readonly vectors?: ExportedVectors;
}

const HELP = `
The file's name says what it is: .ndjson, .ndjson.gz or .parquet. Without one, NDJSON is written on standard output.
All of it is of one moment, whatever is pushed meanwhile. polyseme import takes it in again.`;

/** `polyseme export`: a collection's documents, chunks and vectors into a file. */
export function addExport(program: Command, context: CliContext): void {
  const command = program
    .command("export")
    .description("Write a collection with its vectors into a file")
    .argument("<collection>", "a collection or an alias")
    .option("-o, --output <file>", "where to: .ndjson, .ndjson.gz or .parquet")
    .addOption(new Option("--vectors <how>", "how vectors are written in NDJSON").choices(["base64", "json", "none"]))
    .addHelpText("after", HELP);
  withServerOptions(command).action(async (collection: string, options: Options) => {
    const { output, vectors } = options;
    const kind = output === undefined ? "ndjson" : fileKind(output);
    if (kind === "parquet" && vectors !== undefined)
      throw new Error("Parquet has vectors as lists of numbers. Leave --vectors out.");
    await withServer(context, options.url, async ({ client, signal }) => {
      const startedMs = performance.now();
      const view = makeProgressView(context);
      const counted = { documents: 0 };
      const lines = counting(client.collections.export(collection, { ...options, signal }), counted, view);
      try {
        if (output === undefined) for await (const line of lines) context.out.line(line);
        else if (kind === "parquet") await writeParquetFile(output, lines, signal);
        else await writeLineFile(output, lines, { gzip: kind === "ndjson.gz", signal });
      } finally {
        view.stop();
      }
      const seconds = (performance.now() - startedMs) / 1_000;
      if (output === undefined) return;
      if (options.json === true) context.out.json({ collection, file: output, ...counted, seconds });
      else
        context.out.line(
          `${plural(counted.documents, "document")} of "${collection}" to ${output} in ${duration(seconds)}`,
        );
    });
  });
}

async function* counting(
  lines: AsyncIterable<string>,
  counted: { documents: number },
  view: ProgressView,
): AsyncGenerator<string> {
  const first = { atMs: performance.now(), done: 0, total: 0, tokens: 0 };
  let total: number | undefined;
  for await (const line of lines) {
    if (total === undefined) total = parseExportHeader(JSON.parse(line)).documents;
    else if (counted.documents < total) {
      counted.documents += 1;
      const state = estimate(first, { ...first, atMs: performance.now(), done: counted.documents, total });
      view.update({ ...state, tokensPerSecond: undefined });
    }
    yield line;
  }
}
