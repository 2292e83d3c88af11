import { parseExportHeader } from "@polyseme/core";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, type ServerOptions } from "../options.ts";
import { estimate, makeProgressView } from "../progress.ts";
import { withServer } from "../server.ts";
import { duration, plural, printable } from "../terminal.ts";
import { fileKind } from "../transfer/file-kind.ts";
import { linesIn, readLineFile } from "../transfer/line-files.ts";
import { readParquetFile } from "../transfer/read-parquet.ts";

interface Options extends ServerOptions {
  readonly collection?: string;
  readonly reembed?: true;
  readonly wait: boolean;
}

const STANDARD_INPUT = "-";
const PRINTED_REJECTIONS = 20;

/** `polyseme import`: what `polyseme export` wrote, into a collection. */
export function addImport(program: Command, context: CliContext): void {
  const command = program
    .command("import")
    .description("Take a file of polyseme export in; vectors of the same model are stored as they are")
    .argument("<file>", ".ndjson, .ndjson.gz or .parquet, or - for NDJSON on standard input")
    .option("-c, --collection <name>", "into this collection (default: the name that it had)")
    .option("--reembed", "leave the vectors out: the documents are encoded anew")
    .option("--no-wait", "end when the documents are durable, before those without vectors are embedded");
  withServerOptions(command).action(async (file: string, options: Options) => {
    const [header, lines] = await withHeader(open(context, file));
    const { collection: was, documents: total } = parseExportHeader(JSON.parse(header));
    const collection = options.collection ?? was;
    await withServer(context, options.url, async ({ client, signal }) => {
      const first = { atMs: performance.now(), done: 0, total, tokens: 0 };
      const view = makeProgressView(context);
      try {
        const result = await client.collections.import(collection, lines, {
          reembed: options.reembed === true,
          signal,
          onProgress: ({ sent }) => {
            const state = estimate(first, {
              ...first,
              atMs: performance.now(),
              done: sent,
              total: Math.max(total, sent),
            });
            view.update({ ...state, tokensPerSecond: undefined });
          },
        });
        const status = options.wait ? await result.ticket.wait({ signal }) : await result.ticket.status({ signal });
        view.stop();
        for (const { id, code, field, message } of result.rejections.slice(0, PRINTED_REJECTIONS))
          context.err.line(`  not taken ${printable(id ?? "a line")}: ${code}: ${field}: ${printable(message)}`);
        const { accepted, unchanged, rejected, vectors } = result;
        const { stored, failed, pending } = status;
        const seconds = (performance.now() - first.atMs) / 1_000;
        if (options.json === true)
          context.out.json({ collection, accepted, unchanged, rejected, vectors, stored, failed, pending, seconds });
        else
          context.out.line(
            `${plural(result.sent, "document")} to "${collection}": ${accepted.toLocaleString("en")} taken, ` +
              `${unchanged.toLocaleString("en")} unchanged, ${rejected.toLocaleString("en")} not taken; vectors ` +
              `${vectors === "stored" ? "stored as they were" : "made anew"}, in ${duration(seconds)}`,
          );
        if (rejected + failed > 0)
          throw new Error(`${plural(rejected + failed, "document")} could not be taken or stored.`);
      } finally {
        view.stop();
      }
    });
  });
}

function open({ stdin }: CliContext, file: string): AsyncGenerator<string> {
  if (file === STANDARD_INPUT) return linesIn(stdin);
  const kind = fileKind(file);
  return kind === "parquet" ? readParquetFile(file) : readLineFile(file, { gzip: kind === "ndjson.gz" });
}

/** The first line, and all of them with it. */
async function withHeader(lines: AsyncGenerator<string>): Promise<[header: string, lines: AsyncIterable<string>]> {
  const first = await lines.next();
  const header = first.done === true ? "{}" : first.value;
  async function* all(): AsyncGenerator<string> {
    yield header;
    yield* lines;
  }
  return [header, all()];
}
