import { makeApi, UNBUILT_ROUTES } from "@polyseme/api";
import { makeEmbedder, makeQuarantine, makeThroughput } from "@polyseme/embedder";
import { encoderThreads, openEncoders, openReranker } from "@polyseme/encoder";
import { runProcess, type RunOptions } from "@polyseme/http";
import { makeIngest } from "@polyseme/ingest";

const DEFAULT_PORT = 8080;

/** Every service in one process, on the embedded stack or on real servers. */
export function runAll(options: RunOptions): Promise<void> {
  const { config, signals } = options;
  return runProcess(options, {
    name: "all",
    defaultPort: DEFAULT_PORT,
    unbuiltRoutes: UNBUILT_ROUTES,
    async makeParts(context) {
      const throughput = makeThroughput(encoderThreads(config));
      const { encoders, inference, closeStep } = await openEncoders(config, { ...context, work: "bulk" }, (batch) => {
        throughput.record(batch);
      });
      const reranker = openReranker(config, context);
      const shared = {
        ...context,
        encoders,
        inference,
        stop: signals.stop,
      };
      return {
        services: [
          makeIngest({ ...shared, catalog: encoders.catalog, maxPending: config.maxPending }),
          makeEmbedder({ ...shared, throughput, quarantine: makeQuarantine({ settings: config, log: context.log }) }),
          makeApi({ ...shared, reranker }),
        ],
        closeSteps: [closeStep, reranker.closeStep],
      };
    },
  });
}
