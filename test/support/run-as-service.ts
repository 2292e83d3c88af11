import { readConfig, runMain, type Config, type StopSignals } from "@polyseme/core";
import { runProcess, type ProcessContext, type ProcessParts } from "@polyseme/http";

/** The core of a main.ts for a service whose parts are exchanged: on any free port, its URL on standard output. */
export function runAsService(
  name: string,
  makeParts: (context: ProcessContext, config: Config, signals: StopSignals) => Promise<ProcessParts>,
): Promise<void> {
  return runMain(
    process,
    (line) => process.stderr.write(`${line}\n`),
    (signals) => {
      const config = readConfig(process.env);
      return runProcess(
        {
          config,
          pid: process.pid,
          signals,
          onListening: (url) => {
            process.stdout.write(`${url}\n`);
          },
        },
        {
          name,
          defaultPort: 0,
          unbuiltRoutes: [],
          makeParts: (context) => makeParts(context, config, signals),
        },
      );
    },
  );
}
