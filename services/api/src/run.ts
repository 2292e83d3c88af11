import { requireServers } from "@polyseme/core";
import { openEncoders, openReranker } from "@polyseme/encoder";
import { runProcess, type RunOptions } from "@polyseme/http";
import { makeApi, UNBUILT_ROUTES } from "./api.ts";

const DEFAULT_PORT = 8080;

/** The api service alone, on real servers; resolves when it was told to stop and has stopped. */
export function runApi(options: RunOptions): Promise<void> {
  const { config, signals } = options;
  requireServers(config);
  return runProcess(options, {
    name: "api",
    defaultPort: DEFAULT_PORT,
    unbuiltRoutes: UNBUILT_ROUTES,
    async makeParts(context) {
      const { encoders, inference, closeStep } = await openEncoders(config, { ...context, work: "queries" });
      const reranker = openReranker(config, context);
      return {
        services: [makeApi({ ...context, encoders, reranker, inference, stop: signals.stop })],
        closeSteps: [closeStep, reranker.closeStep],
      };
    },
  });
}
