import { serveMcpHttp, serveMcpStdio } from "@polyseme/mcp";
import type { Command } from "commander";
import { compareSharedWords } from "../compare-words.ts";
import type { CliContext } from "../context.ts";
import { withCollectionOption, wholeNumber } from "../options.ts";
import { withServer } from "../server.ts";
import { VERSION } from "../version.ts";

interface Options {
  readonly url?: string;
  readonly collection: string;
  readonly readOnly?: true;
  readonly http?: number | true;
  readonly host: string;
}

const DEFAULT_PORT = 8_082;
const MOST_PORT = 65_535;

const HELP = `
Over standard input and output it acts with the key in POLYSEME_API_KEY. Over HTTP each caller acts with the key that it
sends (Authorization: Bearer), and beyond this machine it must send one.`;

/** `polyseme mcp`: a Model Context Protocol server, for assistants that are to search and push. */
export function addMcp(program: Command, context: CliContext): void {
  const command = program
    .command("mcp")
    .description("Serve the Model Context Protocol on standard input and output, or over HTTP")
    .option("--url <url>", "the server to talk to (POLYSEME_URL)")
    .option("--http [port]", `over HTTP, on this port (${DEFAULT_PORT}; 0 for any free one)`, wholeNumber(0, MOST_PORT))
    .option("--host <host>", "with --http: the address to bind", "127.0.0.1")
    .option("--read-only", "without the tools that change something")
    .addHelpText("after", HELP);
  withCollectionOption(command).action(async ({ url: given, collection, readOnly, http, host }: Options) => {
    await withServer(context, given, async ({ client, clientFor, url, signal }) => {
      const options = { version: VERSION, collection, readOnly: readOnly === true, compareWords: compareSharedWords };
      if (http === undefined) {
        const streams = { input: context.stdin, output: context.outStream };
        const onError = ({ message }: Error): void => {
          context.err.line(`mcp: ${message}`);
        };
        await serveMcpStdio({ ...options, client }, streams, { signal, onError });
        return;
      }
      await serveMcpHttp({
        ...options,
        host,
        port: http === true ? DEFAULT_PORT : http,
        url,
        clientFor,
        signal,
        onListening(at) {
          context.out.line(at);
          context.err.line(`polyseme mcp is serving on ${at} (Ctrl-C stops it)`);
        },
      });
    });
  });
}
