import { requireServers } from "@polyseme/core";
import { encoderThreads, openEncoders } from "@polyseme/encoder";
import { runProcess, type RunOptions } from "@polyseme/http";
import { makeEmbedder } from "./embedder.ts";
import { makeQuarantine } from "./quarantine/quarantine.ts";
import { makeThroughput } from "./throughput.ts";

/** Only health and metrics; several workers on one machine need a port each. */
const ANY_FREE_PORT = 0;

/** The embedder service alone, on real servers; resolves when it was told to stop and has stopped. */
export function runEmbedder(options: RunOptions): Promise<void> {
  const { config } = options;
  requireServers(config);
  return runProcess(options, {
    name: "embedder",
    defaultPort: ANY_FREE_PORT,
    unbuiltRoutes: [],
    async makeParts(context) {
      const throughput = makeThroughput(encoderThreads(config));
      const { encoders, inference, closeStep } = await openEncoders(config, { ...context, work: "bulk" }, (batch) => {
        throughput.record(batch);
      });
      const quarantine = makeQuarantine({ settings: config, log: context.log });
      return {
        services: [makeEmbedder({ ...context, encoders, inference, throughput, quarantine })],
        closeSteps: [closeStep],
      };
    },
  });
}
