import {
  asPolysemeError,
  messageOf,
  NO_TRACING,
  pause,
  traced,
  type Log,
  type Metrics,
  type PolysemeError,
  type Tracing,
} from "@polyseme/core";
import type { Encoder, EncoderRegistry } from "@polyseme/encoder";
import type { ReceivedJob } from "@polyseme/queue";
import {
  claimDocuments,
  failDocument,
  findCollectionById,
  releaseDocuments,
  type ClaimedDocument,
  type Collection,
  type Database,
} from "@polyseme/store";
import type { ChunkWriter } from "./chunk-writer.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import { embedDocument } from "./embed-document.ts";
import { traceJob, type JobTrace } from "./job-trace.ts";
import { decideOutcome } from "./outcome.ts";
import type { TokenPermits } from "./token-permits.ts";

export interface EmbedJobDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly writer: ChunkWriter;
  readonly claims: ClaimKeeper;
  readonly permits: TokenPermits;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing?: Tracing;
  /** Aborted: documents whose encoding has not begun are given back. */
  readonly abandon: AbortSignal;
}

const HOLD_MS = 2_000;

/**
 * Runs the documents of one job; each ends stored, failed with a code, or given back. Resolves when all of it is in the
 * ledger, so the job may be acknowledged whatever happened.
 */
export async function runEmbedJob(deps: EmbedJobDeps, job: ReceivedJob): Promise<void> {
  const { metrics, tracing = NO_TRACING } = deps;
  metrics.observeStage("queue_wait", job.waitedMs);
  const trace = traceJob(tracing, job);
  try {
    await runTracedJob(deps, job, trace);
  } catch (error) {
    trace.span.fail(error);
    throw error;
  } finally {
    trace.end();
  }
}

async function runTracedJob(deps: EmbedJobDeps, job: ReceivedJob, trace: JobTrace): Promise<void> {
  const { database, metrics, tracing = NO_TRACING } = deps;
  const startedMs = performance.now();
  const collection = await findCollectionById(database, job.collectionId);
  // Deleted with its documents: nothing is left to do.
  if (collection === undefined) return;
  const stopTimer = metrics.stageSeconds.startTimer({ stage: "claim" });
  const claimed = await traced(tracing, "claim", { causes: [trace.span.traceparent] }, () =>
    claimDocuments(database, collection.id, job.documents),
  );
  stopTimer();
  metrics.groupDocuments.observe({ group: "job" }, claimed.length);
  const about = { job: job.id, trace };
  const release = deps.claims.hold(collection.id, claimed);
  const encoder = await deps.encoders
    .get(collection.generation.model)
    .catch((error: unknown) => asPolysemeError(error));
  // A worker without its device would otherwise take and give back documents faster than the others can encode them.
  if (encoder instanceof Error && encoder.retry === "wait") await pause(HOLD_MS, deps.abandon);
  await Promise.all(
    claimed.map(async (document) => {
      try {
        await runDocument(deps, collection, document, encoder, about);
      } finally {
        release(document);
      }
    }),
  );
  trace.span.set({ "polyseme.collection": collection.name, "polyseme.claimed": claimed.length });
  if (deps.log.isLevelEnabled("debug"))
    deps.log.debug(
      {
        job: job.id,
        collection: collection.name,
        documents: claimed.slice(0, LOGGED_IDS).map(({ id }) => id),
        claimed: claimed.length,
        waitedMs: Math.round(job.waitedMs),
        tookMs: Math.round(performance.now() - startedMs),
      },
      "job done",
    );
}

/** Ids that one line lists at most. */
const LOGGED_IDS = 32;

interface AboutJob {
  readonly job: string;
  readonly trace: JobTrace;
}

async function runDocument(
  deps: EmbedJobDeps,
  collection: Collection,
  document: ClaimedDocument,
  encoder: Encoder | PolysemeError,
  { job, trace }: AboutJob,
): Promise<void> {
  try {
    if (encoder instanceof Error) throw encoder;
    const { chunking, number } = collection.generation;
    const chunks = await embedDocument(document.text, chunking, encoder, deps.permits, deps.abandon, trace);
    const target = { collectionId: collection.id, generation: number };
    const leaveWrite = trace.enter("write");
    const { traceparent } = trace.span;
    const stored = await deps.writer.write(target, { ...document, chunks }, traceparent).finally(leaveWrite);
    deps.metrics.documentsFinished.inc({ outcome: stored ? "stored" : "stale" });
  } catch (error) {
    trace.span.fail(error);
    await endFailedRun(deps, collection, document, error, job);
  }
}

async function endFailedRun(
  deps: EmbedJobDeps,
  collection: Collection,
  document: ClaimedDocument,
  thrown: unknown,
  job: string,
): Promise<void> {
  const error = asPolysemeError(thrown);
  const outcome = deps.abandon.aborted
    ? ({ kind: "retry", afterMs: 0, countsAsAttempt: false } as const)
    : decideOutcome(error, document.attempts);
  const fault = { code: error.code, message: error.message };
  const about = {
    job,
    collection: collection.name,
    document: document.id,
    code: error.code,
    reason: error.message,
    attempts: document.attempts,
  };
  try {
    switch (outcome.kind) {
      case "fail":
        await failDocument(deps.database, collection.id, document, fault);
        deps.metrics.documentsFinished.inc({ outcome: error.code });
        deps.log.error(about, "document failed");
        return;
      case "retry":
        await releaseDocuments(deps.database, collection.id, [document], { ...fault, ...outcome });
        deps.metrics.documentsFinished.inc({ outcome: "retried" });
        deps.metrics.documentRetries.inc({ code: error.code });
        deps.log.warn(about, deps.abandon.aborted ? "document given back" : "document will be tried again");
        return;
      default:
        throw new Error(`Unknown outcome ${String(outcome satisfies never)}`);
    }
  } catch (ledgerError) {
    // Its claim runs out by itself, and the reconciler gives it to another worker.
    deps.log.warn({ ...about, ledger: messageOf(ledgerError) }, "the ledger could not be told; the claim will run out");
  }
}
