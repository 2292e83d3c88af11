import { requireServers } from "@polyseme/core";
import { makeInferenceProbe, openEncoders } from "@polyseme/encoder";
import { runProcess, type RunOptions } from "@polyseme/http";
import { makeApi, UNBUILT_ROUTES } from "./api.ts";

const DEFAULT_PORT = 8080;
const CLOSE_ENCODERS_MS = 10_000;

/** The api service alone, on real servers; resolves when it was told to stop and has stopped. */
export function runApi(options: RunOptions): Promise<void> {
  const { config, signals } = options;
  requireServers(config);
  return runProcess(options, {
    name: "api",
    defaultPort: DEFAULT_PORT,
    unbuiltRoutes: UNBUILT_ROUTES,
    async makeParts(context) {
      const encoders = await openEncoders(config, context.metrics);
      const inference = makeInferenceProbe(encoders, () => performance.now());
      return {
        services: [makeApi({ ...context, encoders, inference, stop: signals.stop })],
        closeSteps: [{ name: "the encoder", withinMs: CLOSE_ENCODERS_MS, stop: () => encoders.close() }],
      };
    },
  });
}
