import { randomInt } from "node:crypto";
import {
  asPolysemeError,
  charactersOf,
  distinctCauses,
  messageOf,
  PolysemeError,
  traced,
  type CheckedDocument,
  type Log,
  type Metrics,
  type Tracing,
  type VectorSource,
  JOB_NUMBERS,
} from "@polyseme/core";
import { assignJobs, embedJobId, type EmbedJob, type Queues } from "@polyseme/queue";
import {
  acceptDocuments,
  acceptGiven,
  hastenDocuments,
  type Acceptance,
  type Accepted,
  type Collection,
  type Database,
  type Incoming,
} from "@polyseme/store";
import { vectorSourceOf, type CollectionDoor } from "./collection-door.ts";
import { takeGroup } from "./take-group.ts";

/** Documents of one push that are to be written together; their ids are distinct. */
export interface PushBatch {
  readonly collection: string;
  readonly ticket: string;
  /** The first batch of its ticket: makes it, also when there is no document. */
  readonly opensTicket: boolean;
  /** `traceparent` of its push. */
  readonly trace?: string | undefined;
  readonly documents: readonly CheckedDocument[];
  /** What they were checked for, and whose vectors they bring. */
  readonly vectors: VectorSource;
  readonly model?: string | undefined;
}

export interface WrittenBatch {
  readonly accepted: number;
  readonly unchanged: number;
  /** Ids that an earlier batch of the ticket had; the earlier document counts. */
  readonly repeated: readonly string[];
}

/**
 * Group commit: what arrives while a statement runs goes into the next one together, whichever request it came from.
 * Nobody waits for a group to fill.
 */
export interface LedgerWriter {
  /**
   * Resolves when the batch is durable and its jobs were handed to the queue.
   * @throws PolysemeError `unavailable` when Postgres cannot be reached; `conflict` when the collection is another one by now,
   * with vectors of another kind
   */
  write(batch: PushBatch): Promise<WrittenBatch>;
}

export interface LedgerWriterDeps {
  readonly database: Database;
  readonly queues: Pick<Queues, "addEmbedJobs">;
  readonly collections: CollectionDoor;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/** What one transaction takes: enough to make its commit cheap, little enough to hold in memory and to lose on a fault. */
export const GROUP_LIMITS = { documents: 256, characters: 2 * 1024 * 1024 } as const;
/** While one statement runs, the next is built and the last one's jobs are queued; more would only make groups smaller. */
const GROUPS_AT_ONCE = 3;

interface Waiting {
  readonly batch: PushBatch;
  readonly resolve: (written: WrittenBatch) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits is bounded by the requests in progress: each has a few batches here at most. */
export function makeLedgerWriter(deps: LedgerWriterDeps): LedgerWriter {
  const waiting: Waiting[] = [];
  const nextJob = jobNumbers();
  let running = 0;

  const pump = (): void => {
    while (running < GROUPS_AT_ONCE && waiting.length > 0) {
      running += 1;
      void writeGroup(deps, nextJob, takeGroup(waiting, GROUP_LIMITS)).finally(() => {
        running -= 1;
        pump();
      });
    }
  };

  return {
    write: (batch) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, resolve, reject });
        // Once per turn, so that requests that arrived together are written together.
        if (waiting.length === 1) setImmediate(pump);
      }),
  };
}

/** Numbers of one process, from a random start, so that no two processes use the same ones. */
function jobNumbers(): () => number {
  let last = randomInt(JOB_NUMBERS);
  return () => (last += 1);
}

/** Never rejects: each batch learns its own fate. A group that fails for one batch's sake is written one by one. */
async function writeGroup(deps: LedgerWriterDeps, nextJob: () => number, group: readonly Waiting[]): Promise<void> {
  try {
    const causes = distinctCauses(group.map(({ batch }) => batch.trace));
    const accepted = await measured(deps, "ledger", causes, () => writeTogether(deps, nextJob, group));
    deps.metrics.groupDocuments.observe({ group: "ledger" }, accepted.documents.length);
    await measured(deps, "enqueue", causes, () => enqueue(deps, accepted, group));
    for (const { batch, resolve } of group) resolve(accepted.outcomeOf(batch));
  } catch (error) {
    if (group.length > 1 && asPolysemeError(error).code !== "unavailable")
      for (const one of group) await writeGroup(deps, nextJob, [one]);
    else for (const { reject } of group) reject(error);
  }
}

/** Work of a stage, in the metrics and in the traces of the pushes that it is for. */
async function measured<T>(
  { metrics, tracing }: LedgerWriterDeps,
  stage: "ledger" | "enqueue",
  causes: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  try {
    return await traced(tracing, stage, { causes, kind: stage === "enqueue" ? "producer" : "internal" }, work);
  } finally {
    metrics.observeStage(stage, performance.now() - startedMs);
  }
}

interface AcceptedGroup {
  readonly collectionId: number;
  readonly documents: readonly Accepted[];
  outcomeOf(batch: PushBatch): WrittenBatch;
}

async function writeTogether(
  deps: LedgerWriterDeps,
  nextJob: () => number,
  group: readonly Waiting[],
): Promise<AcceptedGroup> {
  const collection = group[0]?.batch.collection ?? "";
  const incoming = assignJobs(
    group.flatMap(({ batch }) => batch.documents.map((document) => sized(batch, document))),
    nextJob,
  ).map(({ document: { document, ticket, mayRepeat }, job }) => ({ document, job, ticket, mayRepeat }));
  const newTickets = group.filter(({ batch }) => batch.opensTicket).map(({ batch }) => batch.ticket);
  for (;;) {
    const target = await deps.collections.ensure(collection);
    const collectionId = target.id;
    for (const { batch } of group) requireSameVectors(target, batch);
    const outcome = await accept(deps.database, target, { newTickets, incoming });
    switch (outcome.kind) {
      case "written": {
        const accepted = new Set(outcome.accepted.map(({ id }) => id));
        return {
          collectionId,
          documents: outcome.accepted,
          outcomeOf: ({ documents }) => countOutcome(documents, accepted, outcome.repeated),
        };
      }
      // Deleted between look-up and write: the push makes it anew, as a first push does.
      case "collection_gone":
      case "moved":
        deps.collections.forget(collection);
        break;
      default:
        throw new Error(`Unknown outcome ${String(outcome satisfies never)}`);
    }
  }
}

async function accept(
  database: Database,
  { id: collectionId, generation }: Collection,
  batch: { readonly newTickets: readonly string[]; readonly incoming: readonly Incoming[] },
): Promise<Acceptance | { readonly kind: "moved" }> {
  if (batch.incoming.some(({ document }) => document.given !== undefined))
    return acceptGiven(database, { collectionId, generation: generation.number }, batch);
  return acceptDocuments(database, { collectionId, ...batch });
}

/** A collection may be deleted and made anew with other settings between the check of a document and its writing. */
function requireSameVectors(target: Collection, { vectors, model, documents }: PushBatch): void {
  if (documents.length === 0) return;
  const now = vectorSourceOf(target);
  const { generation } = target;
  const isSame =
    vectors.kind === "encoder"
      ? now.kind === "encoder"
      : vectors.dimensions === generation.dimensions &&
        (vectors.kind === "given" ? now.kind === "given" : model === generation.model);
  if (isSame) return;
  throw new PolysemeError("conflict", `The collection "${target.name}" has other vectors by now. Push again.`, {
    details: { field: "collection" },
  });
}

function sized(batch: PushBatch, document: CheckedDocument) {
  return {
    document,
    ticket: batch.ticket,
    mayRepeat: !batch.opensTicket,
    characters: charactersOf(document),
    priority: document.priority,
  };
}

function countOutcome(
  documents: readonly CheckedDocument[],
  accepted: ReadonlySet<string>,
  repeated: ReadonlySet<string>,
): WrittenBatch {
  const written = documents.filter(({ id }) => accepted.has(id)).length;
  const repeatedHere = documents.filter(({ id }) => repeated.has(id)).map(({ id }) => id);
  return { accepted: written, unchanged: documents.length - written - repeatedHere.length, repeated: repeatedHere };
}

/** The documents are durable by now, so a queue that is down only delays them: the reconciler will find them. */
async function enqueue(
  deps: LedgerWriterDeps,
  { collectionId, documents }: AcceptedGroup,
  group: readonly Waiting[],
): Promise<void> {
  const untraced = groupJobs(
    collectionId,
    documents.filter(({ state }) => state === "queued"),
  );
  const jobs = deps.tracing.on ? withTraces(untraced, group) : untraced;
  if (deps.log.isLevelEnabled("debug")) logGroup(deps.log, jobs, group);
  try {
    await deps.queues.addEmbedJobs(jobs, "new");
  } catch (error) {
    deps.log.warn(
      { jobs: jobs.length, reason: messageOf(error) },
      "queue not reached; the reconciler will add these jobs",
    );
    // Best effort: without it they are looked for when their grace ends.
    await hastenDocuments(deps.database, collectionId, documents).catch(() => undefined);
  }
}

/** Each job carries the traces of the pushes that its documents came in. */
function withTraces(jobs: readonly EmbedJob[], group: readonly Waiting[]): EmbedJob[] {
  const traceOf = new Map(group.flatMap(({ batch }) => batch.documents.map(({ id }) => [id, batch.trace] as const)));
  return jobs.map((job) => ({ ...job, trace: distinctCauses(job.documents.map(({ id }) => traceOf.get(id))) }));
}

/** Ids that one line lists at most. */
const LOGGED_IDS = 32;

/** What leads from a ticket to the jobs that carry its documents. */
function logGroup(log: Log, jobs: readonly EmbedJob[], group: readonly Waiting[]): void {
  log.debug(
    {
      collection: group[0]?.batch.collection,
      tickets: [...new Set(group.map(({ batch }) => batch.ticket))].slice(0, LOGGED_IDS),
      documents: group.reduce((sum, { batch }) => sum + batch.documents.length, 0),
      jobs: jobs.slice(0, LOGGED_IDS).map(embedJobId),
    },
    "documents written to the ledger",
  );
}

/** The queue jobs of documents that carry their job's number. */
export function groupJobs(
  collectionId: number,
  documents: readonly {
    id: string;
    revision: number;
    job: number;
    priority: number;
    characters: number;
    attempts?: number;
  }[],
): EmbedJob[] {
  const jobs = new Map<string, EmbedJob & { documents: { id: string; revision: number }[]; characters: number }>();
  for (const { id, revision, job, priority, characters, attempts = 0 } of documents) {
    const key = `${job}-${attempts}`;
    const group = jobs.get(key) ?? { job, attempts, priority, collectionId, documents: [], characters: 0 };
    group.documents.push({ id, revision });
    group.characters += characters;
    jobs.set(key, group);
  }
  return [...jobs.values()];
}
