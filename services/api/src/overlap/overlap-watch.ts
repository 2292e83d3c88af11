import { messageOf, pause } from "@polyseme/core";
import { countMigration, listFollowing } from "@polyseme/store";
import { measureOverlap, type OverlapDeps } from "./measure-overlap.ts";

const LOOK_EVERY_MS = 1_000;

/**
 * Measures the overlap of each migration once its new generation has caught up, until the signal is aborted. Any number of
 * processes may run it: one of them measures.
 */
export async function watchOverlaps(deps: OverlapDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const migration of await listFollowing(deps.database)) {
        const { phase, allListed, overlap, overlapReason, collection } = migration;
        if (phase !== "building" || !allListed || overlap !== null || overlapReason !== null) continue;
        if ((await countMigration(deps.database, collection.id)).pending > 0) continue;
        await measureOverlap(deps, migration, { again: false, signal });
      }
    } catch (error) {
      if (!signal.aborted)
        deps.log.warn({ reason: messageOf(error) }, "migration: overlaps not looked at; the next look tries again");
    }
    await pause(LOOK_EVERY_MS, signal);
  }
}
