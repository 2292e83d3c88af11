import type { Metrics } from "@polyseme/core";
import type { EncoderRegistry } from "./encoder-registry.ts";

/** Shows what each loaded model's threads do at this moment, and how much waits for them. */
export function showEncoders(metrics: Metrics, encoders: Pick<EncoderRegistry, "loaded">): void {
  for (const { info, threads, waitingTokens } of encoders.loaded()) {
    metrics.encoderThreads.set({ model: info.name, state: "busy" }, threads.busy);
    metrics.encoderThreads.set({ model: info.name, state: "idle" }, threads.open - threads.busy);
    metrics.encoderWaitingTokens.set({ model: info.name }, waitingTokens);
  }
}
