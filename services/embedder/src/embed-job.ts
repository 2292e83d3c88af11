import {
  asPolysemeError,
  messageOf,
  NO_TRACING,
  pause,
  PolysemeError,
  traced,
  type Metrics,
  type Tracing,
} from "@polyseme/core";
import type { EncoderRegistry } from "@polyseme/encoder";
import { HandBack, type ReceivedJob } from "@polyseme/queue";
import {
  claimDocuments,
  failDocument,
  findCollectionById,
  releaseDocuments,
  SUSPECT_DEATHS,
  type ClaimedDocument,
  type Collection,
  type Database,
  type RunFault,
} from "@polyseme/store";
import type { ChunkWriter } from "./chunk-writer.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import { embedSafely, type EmbedDeps } from "./embed-safely.ts";
import { isOfSparse, openEncodersOf, type DocumentEncoders } from "./embed-sparse.ts";
import { traceJob, type JobTrace } from "./job-trace.ts";
import type { ModelGate } from "./model-gate.ts";
import { decideOutcome, type RunOutcome } from "./outcome.ts";
import { untilReachable } from "./until-reachable.ts";

export interface EmbedJobDeps extends EmbedDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly writer: ChunkWriter;
  readonly claims: ClaimKeeper;
  readonly gate: Pick<ModelGate, "shut">;
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing?: Tracing;
}

const HOLD_MS = 2_000;
/** Encoded documents are kept for so long while Postgres is away; after that they are encoded again. */
const KEEP_MS = 60_000;

/**
 * Runs the documents of one job; each ends stored, failed with a code, or given back. Resolves when all of it is in the
 * ledger, so the job may be acknowledged whatever happened. While Postgres is away the job is held.
 * @throws HandBack when told to abandon it before it was claimed
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
  const { metrics } = deps;
  const startedMs = performance.now();
  const claim = await untilReachable(() => claimJob(deps, job, trace), { log: deps.log, signal: deps.abandon });
  if (claim === undefined) throw new HandBack();
  // Deleted with its documents: nothing is left to do.
  if (claim.value === undefined) return;
  const { collection, claimed } = claim.value;
  metrics.groupDocuments.observe({ group: "job" }, claimed.length);
  const about = { job: job.id, trace };
  const release = deps.claims.hold(collection.id, claimed);
  const encoders = await openEncodersOf(deps.encoders, collection.generation).catch((error: unknown) =>
    asPolysemeError(error),
  );
  if (encoders instanceof Error && encoders.retry === "wait") {
    await tellGate(deps, collection, encoders);
    // A worker without its device would otherwise take and give back documents faster than the others can encode them.
    await pause(HOLD_MS, deps.abandon);
  }
  await Promise.all(
    claimed.map(async (document) => {
      try {
        await runDocument(deps, collection, document, encoders, about);
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

async function claimJob(
  { database, metrics, tracing = NO_TRACING }: EmbedJobDeps,
  job: ReceivedJob,
  trace: JobTrace,
): Promise<{ collection: Collection; claimed: ClaimedDocument[] } | undefined> {
  const collection = await findCollectionById(database, job.collectionId);
  if (collection === undefined) return undefined;
  const stopTimer = metrics.stageSeconds.startTimer({ stage: "claim" });
  const claimed = await traced(tracing, "claim", { causes: [trace.span.traceparent] }, () =>
    claimDocuments(database, collection.id, job.documents),
  );
  stopTimer();
  return { collection, claimed };
}

/** Other models than the default one hold up their own collections only. */
async function tellGate(
  { encoders: { catalog }, gate }: EmbedJobDeps,
  { generation }: Collection,
  error: PolysemeError,
): Promise<void> {
  if (error.code !== "model_unavailable" || isOfSparse(error)) return;
  // The default may be named by an alias.
  const usual = await catalog.find(catalog.defaultModel).catch(() => undefined);
  if (usual === undefined || usual.name === generation.model) gate.shut(error);
}

async function runDocument(
  deps: EmbedJobDeps,
  collection: Collection,
  document: ClaimedDocument,
  encoders: DocumentEncoders | PolysemeError,
  { job, trace }: AboutJob,
): Promise<void> {
  try {
    if (encoders instanceof Error) throw encoders;
    const { id, text, sections, deaths, priority } = document;
    const { model, chunking, tokens, sparse = null } = collection.generation;
    const settings = { chunking, tokens, language: collection.language };
    const flow = { key: `${collection.id} ${priority}`, weight: 1 + priority };
    const isSuspect = deaths >= SUSPECT_DEATHS;
    const about = { id, model, sparseModel: sparse?.model, text, sections, settings, flow, isSuspect, trace };
    const chunks = await embedSafely(deps, about, encoders);
    const target = {
      collectionId: collection.id,
      generation: collection.generation.number,
      tokenSet: collection.generation.tokenSet ?? null,
      sparseDimensions: sparse?.dimensions,
    };
    const leaveWrite = trace.enter("write");
    const { traceparent } = trace.span;
    const written = await untilReachable(() => deps.writer.write(target, { ...document, chunks }, traceparent), {
      log: deps.log,
      signal: deps.abandon,
      withinMs: KEEP_MS,
    }).finally(leaveWrite);
    if (written === undefined)
      throw new PolysemeError("unavailable", "Postgres was away when the document was encoded.");
    if (written.value === "moved")
      throw new PolysemeError("unavailable", "The collection went to another generation while this was encoded.");
    deps.metrics.documentsFinished.inc({ outcome: written.value });
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
  await tellGate(deps, collection, error);
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
  const told = await untilReachable(() => tellLedger(deps, collection.id, document, outcome, fault), {
    log: deps.log,
    signal: deps.abandon,
    withinMs: KEEP_MS,
  }).catch((ledgerError: unknown) => {
    deps.log.error({ ...about, ledger: messageOf(ledgerError) }, "the ledger refused a document's end");
    return undefined;
  });
  if (told === undefined) {
    // The reconciler gives it to another worker then.
    deps.log.warn(about, "the ledger could not be told; the claim will run out");
    return;
  }
  if (outcome.kind === "fail") {
    deps.metrics.documentsFinished.inc({ outcome: error.code });
    deps.log.error(about, "document failed");
  } else {
    deps.metrics.documentsFinished.inc({ outcome: "retried" });
    deps.metrics.documentRetries.inc({ code: error.code });
    deps.log.warn(about, deps.abandon.aborted ? "document given back" : "document will be tried again");
  }
}

async function tellLedger(
  { database }: EmbedJobDeps,
  collectionId: number,
  document: ClaimedDocument,
  outcome: RunOutcome,
  fault: RunFault,
): Promise<void> {
  switch (outcome.kind) {
    case "fail":
      await failDocument(database, collectionId, document, fault);
      return;
    case "retry":
      await releaseDocuments(database, collectionId, [document], { ...fault, ...outcome });
      return;
    default:
      throw new Error(`Unknown outcome ${String(outcome satisfies never)}`);
  }
}
