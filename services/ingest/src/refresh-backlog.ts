import {
  makeBacklogGauges,
  makeDocumentsGauge,
  type BacklogGauges,
  type DocumentsGauge,
  type Metrics,
} from "@polyseme/core";
import { countDocumentStates, estimateDrain, readBacklog, type Backlog, type Sql } from "@polyseme/store";

/** However many ask, the backlog is read once in this time. */
const LEAST_REST_MS = 1_000;
/** Rest after a reading, as a multiple of what it took: a backlog of many millions may cost a twentieth of a core, no more. */
const REST_PER_COST = 19;

/**
 * A function that brings the backlog's gauges up to date and answers what was read last. Rejects when the store cannot be
 * read: the gauges keep their last values then, or stay absent.
 */
export function makeBacklogRefresh(
  sql: Sql,
  metrics: Metrics,
  nowMs: () => number,
): () => Promise<Backlog | undefined> {
  let gauges: BacklogGauges | undefined;
  return withRests(nowMs, async () => {
    const backlog = await readBacklog(sql);
    gauges ??= makeBacklogGauges(metrics.registry);
    show(gauges, backlog);
    return backlog;
  });
}

/** The same for the documents by state. */
export function makeDocumentsRefresh(sql: Sql, metrics: Metrics, nowMs: () => number): () => Promise<unknown> {
  let gauge: DocumentsGauge | undefined;
  return withRests(nowMs, async () => {
    const counts = await countDocumentStates(sql);
    gauge ??= makeDocumentsGauge(metrics.registry);
    for (const [state, documents] of Object.entries(counts)) gauge.set({ state }, documents);
  });
}

/** At most one reading at a time, and never again before it has rested; meanwhile what was read last. */
function withRests<T>(nowMs: () => number, read: () => Promise<T>): () => Promise<T | undefined> {
  let last: T | undefined;
  let restUntil = 0;
  let reading: Promise<T> | undefined;

  async function readAndRest(): Promise<T> {
    const startedMs = nowMs();
    try {
      last = await read();
      return last;
    } finally {
      const endedMs = nowMs();
      restUntil = endedMs + Math.max(LEAST_REST_MS, (endedMs - startedMs) * REST_PER_COST);
      reading = undefined;
    }
  }

  return () => {
    if (reading === undefined && nowMs() < restUntil) return Promise.resolve(last);
    reading ??= readAndRest();
    return reading;
  };
}

function show(gauges: BacklogGauges, backlog: Backlog): void {
  const drain = estimateDrain(backlog);
  gauges.documents.set(backlog.pendingDocuments);
  gauges.tokens.set(backlog.pendingTokens);
  gauges.workerSeconds.set(drain.workerSeconds);
  gauges.seconds.set(drain.seconds);
  gauges.rateMeasured.set(drain.measured ? 1 : 0);
  gauges.oldestPendingAge.set(backlog.oldestPendingAgeSeconds ?? 0);
  gauges.workers.set(backlog.workers);
  gauges.tokensPerSecond.set(backlog.tokensPerSecond);
}
