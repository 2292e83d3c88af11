import { messageOf, pause, type Log, type Metrics } from "@polyseme/core";
import type { Queues } from "@polyseme/queue";
import { dropOldTickets, takeOverdueDocuments, type Database } from "@polyseme/store";
import { groupJobs } from "./ledger-writer.ts";

export interface ReconcilerDeps {
  readonly database: Database;
  readonly queues: Pick<Queues, "addEmbedJobs">;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly intervalMs: number;
}

const DOCUMENTS_A_PASS = 1_000;
const TICKETS_A_PASS = 100;

/**
 * Puts pending documents back in the queue: the ones whose job was lost, whose worker died or whose retry is due. Any
 * number of processes may run it; each document is handed to one of them. Runs until the signal is aborted.
 */
export async function runReconciler(deps: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const full = (await reconcileOnce(deps)) === DOCUMENTS_A_PASS;
      await dropOldTickets(deps.database, TICKETS_A_PASS);
      deps.metrics.reconcilerLastSuccess.setToCurrentTime();
      if (full) continue;
    } catch (error) {
      deps.log.warn({ reason: messageOf(error) }, "reconciler pass failed; the next one tries again");
    }
    await pause(deps.intervalMs, signal);
  }
}

/** One pass; answers how many documents it put back. */
export async function reconcileOnce(deps: ReconcilerDeps): Promise<number> {
  const overdue = await takeOverdueDocuments(deps.database, DOCUMENTS_A_PASS);
  for (const collectionId of new Set(overdue.map((document) => document.collectionId)))
    await deps.queues.addEmbedJobs(
      groupJobs(
        collectionId,
        overdue.filter((document) => document.collectionId === collectionId),
      ),
    );
  if (overdue.length > 0) {
    deps.metrics.reconciledDocuments.inc(overdue.length);
    deps.log.debug({ documents: overdue.length }, "overdue documents put back in the queue");
  }
  return overdue.length;
}
