import type { Metrics } from "@polyseme/core";
import type { NamedPool } from "@polyseme/backends";

/** Shows how many connections each pool has at this moment, and who waits for one. */
export function showPools(metrics: Metrics, pools: readonly NamedPool[]): void {
  for (const { name: pool, open, idle, waiting, limit } of pools) {
    metrics.poolConnections.set({ pool, state: "busy" }, open - idle);
    metrics.poolConnections.set({ pool, state: "idle" }, idle);
    metrics.poolLimit.set({ pool }, limit);
    metrics.poolWaiting.set({ pool }, waiting);
  }
}
