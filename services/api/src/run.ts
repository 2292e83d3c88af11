import { requireServers } from "@polyseme/core";
import { openEncoders } from "@polyseme/encoder";
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
      return {
        services: [makeApi({ ...context, encoders, inference, stop: signals.stop })],
        closeSteps: [closeStep],
      };
    },
  });
}
