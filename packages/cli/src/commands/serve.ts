import { runAll } from "@polyseme/all";
import { runApi } from "@polyseme/api";
import { readConfig } from "@polyseme/core";
import { runEmbedder } from "@polyseme/embedder";
import { runIngest } from "@polyseme/ingest";
import { Argument, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { wholeNumber } from "../options.ts";

const SERVICES = { ingest: runIngest, embedder: runEmbedder, api: runApi, all: runAll } as const;
type ServiceName = keyof typeof SERVICES;

interface Options {
  readonly host?: string;
  readonly port?: number;
}

/** `polyseme serve`: runs services until told to stop; the URL alone goes to standard output. */
export function addServe(program: Command, context: CliContext): void {
  program
    .command("serve")
    .description("Run one service or all of them until stopped; prints the URL")
    .addArgument(new Argument("[service]", "what to run").choices(Object.keys(SERVICES)).default("all"))
    .option("--port <port>", "0 for any free one (POLYSEME_PORT)", wholeNumber(0, 65_535))
    .option("--host <host>", "the address to bind (POLYSEME_HOST)")
    .action(async (service: ServiceName, { host, port }: Options) => {
      const env = {
        ...context.env,
        ...(host === undefined ? {} : { POLYSEME_HOST: host }),
        ...(port === undefined ? {} : { POLYSEME_PORT: String(port) }),
      };
      await SERVICES[service]({
        config: readConfig(env),
        pid: context.pid,
        signals: context.signals,
        onListening: (url) => {
          context.out.line(url);
          context.err.line(`polyseme is serving on ${url} (Ctrl-C stops it)`);
        },
      });
    });
}
