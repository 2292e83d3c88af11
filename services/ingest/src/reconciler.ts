import { messageOf, pause, type Log, type Metrics } from "@polyseme/core";
import type { Queues } from "@polyseme/queue";
import {
  CLAIM_SECONDS,
  dropOldTickets,
  hastenDocuments,
  lossHorizon,
  SUSPECT_DEATHS,
  takeOverdueDocuments,
  type Database,
  type LostDocument,
} from "@polyseme/store";
import { groupJobs } from "./ledger-writer.ts";

export interface ReconcilerDeps {
  readonly database: Database;
  readonly queues: Pick<Queues, "addEmbedJobs" | "takeLoss">;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly intervalMs: number;
}

const DOCUMENTS_A_PASS = 1_000;
const TICKETS_A_PASS = 100;

/** Jobs of suspects are numbered behind all others, which are below 2^48. */
const SUSPECT_JOBS = 2 ** 50;

/**
 * Puts pending documents back in the queue: the ones whose job was lost, whose worker died or whose retry is due. Any
 * number of processes may run it; each document is handed to one of them. Runs until the signal is aborted.
 */
export async function runReconciler(deps: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  // While Postgres was away no worker could renew its claims, so that the ones which ran out tell of no death.
  let failedAtMs = -Infinity;
  let lostBefore: Date | undefined;
  while (!signal.aborted) {
    try {
      const countDeaths = performance.now() - failedAtMs > CLAIM_SECONDS * 1_000;
      // First, as what is taken comes up again later each time: nothing is while it could not be put back.
      if (await deps.queues.takeLoss()) lostBefore = await lossHorizon(deps.database);
      const full = (await reconcileOnce(deps, { countDeaths, lostBefore })) === DOCUMENTS_A_PASS;
      await dropOldTickets(deps.database, TICKETS_A_PASS);
      deps.metrics.reconcilerLastSuccess.setToCurrentTime();
      if (full) continue;
      lostBefore = undefined;
    } catch (error) {
      failedAtMs = performance.now();
      deps.log.warn({ reason: messageOf(error) }, "reconciler pass failed; the next one tries again");
    }
    await pause(deps.intervalMs, signal);
  }
}

/**
 * One pass; answers how many documents it saw to.
 * @throws PolysemeError `unavailable` when Postgres or the queue cannot be reached; nothing is put off by it
 */
async function reconcileOnce(
  deps: ReconcilerDeps,
  options: { readonly countDeaths: boolean; readonly lostBefore: Date | undefined },
): Promise<number> {
  const { lost, failed } = await takeOverdueDocuments(deps.database, DOCUMENTS_A_PASS, options);
  for (const { collectionId, id, deaths } of failed) {
    deps.metrics.documentsFinished.inc({ outcome: "encoder_crashed" });
    deps.log.error({ collectionId, document: id, deaths }, "document failed: its worker died each time");
  }
  const added = await Promise.allSettled(
    [...new Set(lost.map(({ collectionId }) => collectionId))].map((collectionId) =>
      putBack(
        deps,
        collectionId,
        lost.filter((document) => document.collectionId === collectionId),
      ),
    ),
  );
  const refused = added.find(({ status }) => status === "rejected");
  if (refused?.status === "rejected") throw refused.reason;
  if (lost.length > 0) {
    deps.metrics.reconciledDocuments.inc(lost.length);
    const about = { documents: lost.length };
    if (options.lostBefore === undefined) deps.log.debug(about, "overdue documents put back in the queue");
    else deps.log.warn(about, "the queue has lost its jobs; documents put back");
  }
  return lost.length + failed.length;
}

async function putBack(deps: ReconcilerDeps, collectionId: number, lost: readonly LostDocument[]): Promise<void> {
  try {
    await deps.queues.addEmbedJobs(groupJobs(collectionId, lost.map(aloneWhenSuspect)), "again");
  } catch (error) {
    // Best effort: without it they come up again as late as if their jobs were in the queue.
    await hastenDocuments(deps.database, collectionId, lost).catch(() => undefined);
    throw error;
  }
}

/** A suspect's job carries nothing else. Its number is always the same, so that the queue takes it once. */
function aloneWhenSuspect(document: LostDocument): LostDocument {
  return document.deaths < SUSPECT_DEATHS ? document : { ...document, job: SUSPECT_JOBS + document.revision };
}
