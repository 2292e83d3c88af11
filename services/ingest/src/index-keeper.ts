import { messageOf, pause, type Log } from "@polyseme/core";
import { keepIndexes, type Database } from "@polyseme/store";

export interface IndexKeeperDeps {
  readonly database: Database;
  readonly log: Log;
  readonly intervalMs: number;
  /** Postgres has one session, which everything waits for. */
  readonly embedded: boolean;
}

const MOST_REST_MS = 600_000;

/**
 * Keeps the indexes as the collections' settings and sizes ask for, however many processes run it: one of them has its turn.
 * Runs until the signal is aborted; a build that is under way is given up then, and begun anew by whoever is next.
 */
export async function runIndexKeeper(deps: IndexKeeperDeps, signal: AbortSignal): Promise<void> {
  const { database, log, embedded, intervalMs } = deps;
  for (let failures = 0; ;) {
    // What fails may have cost much, such as a build for which the disk has no room.
    await pause(Math.min(MOST_REST_MS, intervalMs * 2 ** failures), signal);
    if (signal.aborted) return;
    let failed = false;
    try {
      await keepIndexes(database, {
        signal,
        embedded,
        onAct: ({ did, ...about }) => {
          log.info(about, did === "measured" ? "searches measured" : `index ${did}`);
        },
        onError: (collection, error) => {
          failed = true;
          log.warn({ collection, reason: messageOf(error) }, "indexes of a collection could not be kept");
        },
      });
    } catch (error) {
      failed = true;
      if (!signal.aborted)
        log.warn({ reason: messageOf(error) }, "indexes could not be looked at; a later pass tries again");
    }
    failures = failed ? failures + 1 : 0;
  }
}
