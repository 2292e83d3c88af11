import { randomInt, randomUUID } from "node:crypto";
import {
  checkDocument,
  messageOf,
  PolysemeError,
  type CheckedDocument,
  type Log,
  type Metrics,
  type Rejection,
} from "@polyseme/core";
import { assignJobs, type EmbedJob, type Queues } from "@polyseme/queue";
import { acceptDocuments, findTicketed, type Accepted, type Database } from "@polyseme/store";
import type { CollectionDoor } from "./collection-door.ts";
import type { PushItem } from "./sources.ts";

export interface PushResult {
  readonly ticket: string;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: IndexedRejection[];
  /** Rejections beyond the listed ones. */
  readonly rejectedOmitted?: number;
}

export interface IndexedRejection extends Rejection {
  /** Place in the push, from 0. */
  readonly index: number;
}

export interface PushDeps {
  readonly database: Database;
  readonly queues: Pick<Queues, "addEmbedJobs">;
  readonly collections: CollectionDoor;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What one transaction takes: enough to make its commit cheap, little enough to hold in memory and to lose on a fault. */
const BATCH = { documents: 256, characters: 2 * 1024 * 1024 } as const;
/** A push of a million bad lines answers with the first ones and a count. */
const LISTED_REJECTIONS = 1_000;
const JOB_NUMBERS = 2 ** 47;

/**
 * Checks, writes down and queues the documents of one push, in batches; each batch is durable before the next is read.
 * A fault in one document rejects that document alone.
 * @throws PolysemeError `unavailable` when Postgres cannot be reached or `signal` is aborted: earlier batches stay accepted
 */
export async function pushDocuments(
  deps: PushDeps,
  collectionName: string,
  items: Iterable<PushItem> | AsyncIterable<PushItem>,
  signal: AbortSignal,
): Promise<PushResult> {
  const push = new Push(deps, collectionName);
  for await (const item of items) {
    if (signal.aborted) throw push.interrupted();
    push.add(item);
    if (push.isBatchFull) await push.flush();
  }
  await push.flush();
  return push.result();
}

class Push {
  readonly #deps: PushDeps;
  readonly #collection: string;
  readonly #ticket = randomUUID();
  readonly #firstJob = randomInt(JOB_NUMBERS);
  #jobs = 0;
  #seen = 0;
  #accepted = 0;
  #unchanged = 0;
  #omitted = 0;
  #flushed = 0;
  readonly #rejected: IndexedRejection[] = [];
  /** Insertion order is push order. */
  #batch = new Map<string, { index: number; document: CheckedDocument }>();
  #characters = 0;

  constructor(deps: PushDeps, collection: string) {
    this.#deps = deps;
    this.#collection = collection;
  }

  get isBatchFull(): boolean {
    return this.#batch.size >= BATCH.documents || this.#characters >= BATCH.characters;
  }

  add(item: PushItem): void {
    const index = this.#seen;
    this.#seen += 1;
    if (item.kind === "unreadable") {
      this.#reject(index, { code: item.code, field: item.field, message: item.message });
      return;
    }
    const checked = checkDocument(item.value);
    if ("rejection" in checked) {
      this.#reject(index, checked.rejection);
      return;
    }
    const { document } = checked;
    if (this.#batch.has(document.id)) {
      this.#rejectRepeated(index, document.id);
      return;
    }
    this.#batch.set(document.id, { index, document });
    this.#characters += document.text.length;
  }

  async flush(): Promise<void> {
    if (this.#batch.size === 0 && this.#flushed > 0) return;
    await this.#leaveOutRepeated();
    const documents = [...this.#batch.values()].map(({ document }) => document);
    const sized = documents.map((document) => ({
      document,
      characters: document.text.length,
      priority: document.priority,
    }));
    const incoming = assignJobs(sized, () => this.#nextJob()).map(({ document, job }) => ({
      document: document.document,
      job,
    }));
    const { collectionId, accepted, unchanged } = await this.#write(incoming);
    this.#batch = new Map();
    this.#characters = 0;
    this.#flushed += 1;
    this.#accepted += accepted.length;
    this.#unchanged += unchanged;
    this.#deps.metrics.documentsReceived.inc({ outcome: "accepted" }, accepted.length);
    this.#deps.metrics.documentsReceived.inc({ outcome: "unchanged" }, unchanged);
    await this.#enqueue(collectionId, accepted);
  }

  result(): PushResult {
    const result = {
      ticket: this.#ticket,
      accepted: this.#accepted,
      unchanged: this.#unchanged,
      // Repeats of earlier batches are found later than faults of their own batch.
      rejected: this.#rejected.sort((a, b) => a.index - b.index),
    };
    return this.#omitted === 0 ? result : { ...result, rejectedOmitted: this.#omitted };
  }

  interrupted(): PolysemeError {
    return new PolysemeError(
      "unavailable",
      "The server is stopping. Push again: what was accepted will be answered as unchanged.",
      {
        details: { ticket: this.#ticket, accepted: this.#accepted, unchanged: this.#unchanged },
      },
    );
  }

  /** An earlier batch of this push may hold the same id; its document is the one that counts. */
  async #leaveOutRepeated(): Promise<void> {
    if (this.#flushed === 0) return;
    const { id: collectionId } = await this.#deps.collections.ensure(this.#collection);
    const ticket = { id: this.#ticket, collectionId, documentIds: [...this.#batch.keys()] };
    for (const id of await findTicketed(this.#deps.database, ticket)) {
      const repeated = this.#batch.get(id);
      if (repeated === undefined) continue;
      this.#batch.delete(id);
      this.#rejectRepeated(repeated.index, id);
    }
  }

  async #write(
    incoming: readonly { document: CheckedDocument; job: number }[],
  ): Promise<{ collectionId: number; accepted: Accepted[]; unchanged: number }> {
    for (;;) {
      const { id: collectionId } = await this.#deps.collections.ensure(this.#collection);
      const outcome = await acceptDocuments(this.#deps.database, { collectionId, ticket: this.#ticket, incoming });
      switch (outcome.kind) {
        case "written":
          return { collectionId, accepted: outcome.accepted, unchanged: outcome.unchanged };
        case "collection_gone":
          // Deleted between look-up and write: the push makes it anew, as a first push does.
          this.#deps.collections.forget(this.#collection);
          break;
        default:
          throw new Error(`Unknown outcome ${String(outcome satisfies never)}`);
      }
    }
  }

  /** The documents are durable by now, so a queue that is down only delays them: the reconciler will find them. */
  async #enqueue(collectionId: number, accepted: readonly Accepted[]): Promise<void> {
    const jobs = groupJobs(
      collectionId,
      accepted.filter(({ state }) => state === "queued"),
    );
    try {
      await this.#deps.queues.addEmbedJobs(jobs);
    } catch (error) {
      this.#deps.log.warn(
        { ticket: this.#ticket, jobs: jobs.length, reason: messageOf(error) },
        "queue not reached; the reconciler will add these jobs",
      );
    }
  }

  #nextJob(): number {
    this.#jobs += 1;
    return this.#firstJob + this.#jobs;
  }

  #rejectRepeated(index: number, id: string): void {
    this.#reject(index, {
      code: "conflict",
      field: "id",
      message: "This id is in the push already; the first one counts.",
      id,
    });
  }

  #reject(index: number, rejection: Rejection): void {
    this.#deps.metrics.documentsReceived.inc({ outcome: rejection.code });
    if (this.#rejected.length < LISTED_REJECTIONS) this.#rejected.push({ index, ...rejection });
    else this.#omitted += 1;
  }
}

/** The queue jobs of documents that carry their job's number. */
export function groupJobs(
  collectionId: number,
  documents: readonly { id: string; revision: number; job: number; priority: number; attempts?: number }[],
): EmbedJob[] {
  const jobs = new Map<string, EmbedJob & { documents: { id: string; revision: number }[] }>();
  for (const { id, revision, job, priority, attempts = 0 } of documents) {
    const key = `${job}-${attempts}`;
    const group = jobs.get(key) ?? { job, attempts, priority, collectionId, documents: [] };
    group.documents.push({ id, revision });
    jobs.set(key, group);
  }
  return [...jobs.values()];
}
