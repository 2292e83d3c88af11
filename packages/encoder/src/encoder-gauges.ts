import type { Metrics } from "@polyseme/core";
import type { CrossEncoder } from "./cross-encoder.ts";
import type { Encoder } from "./types.ts";

type Shown = Pick<Encoder | CrossEncoder, "threads" | "waitingTokens"> & { readonly info: { readonly name: string } };

/** Shows what each loaded model's threads do at this moment, and how much waits for them. */
export function showEncoders(metrics: Metrics, loaded: readonly Shown[]): void {
  for (const { info, threads, waitingTokens } of loaded) {
    metrics.encoderThreads.set({ model: info.name, state: "busy" }, threads.busy);
    metrics.encoderThreads.set({ model: info.name, state: "idle" }, threads.open - threads.busy);
    metrics.encoderWaitingTokens.set({ model: info.name }, waitingTokens);
  }
}
