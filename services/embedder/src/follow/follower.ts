import { messageOf, pause } from "@polyseme/core";
import { dropUnusedTables, listFollowing, listMoreFollowed, renewFollowed } from "@polyseme/store";
import { makeClaimKeeper } from "../claim-keeper.ts";
import { followSome, type FollowDeps } from "./follow-documents.ts";
import { makeRechunkThread } from "./rechunk-thread.ts";

/** A small statement; many a migration from stored vectors is done in a few seconds. */
const LOOK_EVERY_MS = 250;
/** Batches at once: while one is written, others are read and encoded. */
const LANES = 3;
/** Tables that could not be dropped when they should have been are rare. */
const DROP_EVERY_MS = 60_000;

/**
 * Brings what is stored in collections that migrate to the generation that follows, until the signal is aborted. Any
 * number of processes may run it.
 */
export async function runFollower(deps: Omit<FollowDeps, "claims" | "rechunking">, signal: AbortSignal): Promise<void> {
  const claims = makeClaimKeeper(deps.database, deps.log, renewFollowed);
  const rechunking = makeRechunkThread();
  const loops = new AbortController();
  const keeping = claims.run(loops.signal);
  let dropAtMs = 0;
  while (!signal.aborted) {
    try {
      if (performance.now() >= dropAtMs) {
        await dropUnusedTables(deps.database);
        dropAtMs = performance.now() + DROP_EVERY_MS;
      }
      if (await followOnce({ ...deps, claims, rechunking }, signal)) continue;
    } catch (error) {
      deps.log.warn({ reason: messageOf(error) }, "migration: a pass failed; the next one tries again");
    }
    await pause(LOOK_EVERY_MS, signal);
  }
  loops.abort();
  await Promise.all([keeping, rechunking.close()]);
}

/** One look at all collections that migrate; answers whether there may be more to do at once. */
async function followOnce(deps: FollowDeps, signal: AbortSignal): Promise<boolean> {
  let more = false;
  for (const following of await listFollowing(deps.database)) {
    const { id } = following.collection;
    const allListed = following.allListed || (await listMoreFollowed(deps.database, id));
    const lanes = await Promise.all(
      Array.from({ length: LANES }, async () => {
        let any = false;
        // Not until the list is empty: roles may change, and other collections wait.
        for (let i = 0; i < BATCHES_A_LOOK && !signal.aborted && (await followSome(deps, following)); i += 1)
          any = true;
        return any;
      }),
    );
    more ||= !allListed || lanes.includes(true);
  }
  return more;
}

const BATCHES_A_LOOK = 16;
