import { requireServers } from "@polyseme/core";
import { openCatalog } from "@polyseme/encoder/catalog";
import { runProcess, type RunOptions } from "@polyseme/http";
import { makeIngest } from "./ingest.ts";

const DEFAULT_PORT = 8081;

/** The ingest service alone, on real servers; resolves when it was told to stop and has stopped. */
export function runIngest(options: RunOptions): Promise<void> {
  const { config, signals } = options;
  requireServers(config);
  return runProcess(options, {
    name: "ingest",
    defaultPort: DEFAULT_PORT,
    unbuiltRoutes: [],
    makeParts: (context) => {
      const { catalog, closeStep } = openCatalog(config, context.log);
      return Promise.resolve({
        services: [makeIngest({ ...context, catalog, stop: signals.stop, maxPending: config.maxPending })],
        closeSteps: [closeStep],
      });
    },
  });
}
