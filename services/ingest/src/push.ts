import { randomUUID } from "node:crypto";
import {
  checkDocument,
  PolysemeError,
  traced,
  type CheckedDocument,
  type Log,
  type Metrics,
  type Rejection,
  type Span,
  type Tracing,
  type VectorSource,
} from "@polyseme/core";
import { vectorSourceOf, type CollectionDoor } from "./collection-door.ts";
import { weightOf } from "./document-weight.ts";
import type { DoorLimit } from "./door-limit.ts";
import { GROUP_LIMITS, type LedgerWriter, type WrittenBatch } from "./ledger-writer.ts";
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
  readonly ledger: LedgerWriter;
  readonly collections: Pick<CollectionDoor, "find">;
  readonly doorLimit: DoorLimit;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/** A push of a million bad lines answers with the first ones and a count. */
const LISTED_REJECTIONS = 1_000;
/** Batches of one push under way: one is read and checked while others are written. */
const BATCHES_AT_ONCE = 3;

/** What a push goes into. */
export interface PushTarget {
  /** The collection's own name. */
  readonly collection: string;
  readonly vectors: VectorSource;
  /** Whose vectors the documents bring; undefined: none, or nobody's that is known here. */
  readonly model?: string;
}

/**
 * Checks, writes down and queues the documents of one push, in batches; a few of them at once, so memory is bounded.
 * A fault in one document rejects that document alone. All of them go into the one collection that the name stood for at the
 * beginning.
 * @param to a collection's name or alias, or a collection that was looked at already
 * @param cause `traceparent` of the request or job that it came in
 * @throws PolysemeError `unavailable` when Postgres cannot be reached or `signal` is aborted: written batches stay accepted;
 * `overloaded` when there was no room for the next batch for a while: `details` say what was accepted before
 */
export async function pushDocuments(
  deps: PushDeps,
  to: string | PushTarget,
  items: Iterable<PushItem> | AsyncIterable<PushItem>,
  signal: AbortSignal,
  cause?: string,
): Promise<PushResult> {
  return traced(deps.tracing, "push", { causes: [cause] }, async (span) => {
    const target = typeof to === "string" ? await targetOf(deps, to) : to;
    const push = new Push(deps, target, span, signal);
    const result = await pushAll(push, items, signal);
    const { ticket, accepted, unchanged, rejected } = result;
    const about = { collection: target.collection, ticket, accepted, unchanged, rejected: rejected.length };
    span.set({
      "polyseme.collection": target.collection,
      "polyseme.ticket": ticket,
      "polyseme.accepted": accepted,
      "polyseme.unchanged": unchanged,
      "polyseme.rejected": rejected.length,
    });
    deps.log.debug(about, "pushed");
    return result;
  });
}

/** @throws PolysemeError `invalid` for a bad name */
export async function targetOf({ collections }: Pick<PushDeps, "collections">, name: string): Promise<PushTarget> {
  const known = await collections.find(name);
  return { collection: known?.name ?? name, vectors: vectorSourceOf(known) };
}

async function pushAll(
  push: Push,
  items: Iterable<PushItem> | AsyncIterable<PushItem>,
  signal: AbortSignal,
): Promise<PushResult> {
  try {
    for await (const item of items) {
      if (signal.aborted) {
        // What is under way becomes durable, and the answer counts it.
        await push.settled();
        throw push.interrupted();
      }
      push.add(item);
      if (push.isBatchFull) await push.flush();
    }
    await push.finish();
  } catch (error) {
    if (!(error instanceof PolysemeError) || error.code !== "overloaded") throw error;
    await push.settled();
    throw push.refused(error);
  } finally {
    await push.settled();
  }
  return push.result();
}

interface Line {
  readonly index: number;
  readonly document: CheckedDocument;
}

class Push {
  readonly #deps: PushDeps;
  readonly #target: PushTarget;
  readonly #signal: AbortSignal;
  readonly #ticket = randomUUID();
  #seen = 0;
  #accepted = 0;
  #unchanged = 0;
  #omitted = 0;
  #opened = false;
  readonly #rejected: IndexedRejection[] = [];
  /** Insertion order is push order. */
  #batch = new Map<string, Line>();
  #characters = 0;
  #checkMs = 0;
  readonly #span: Span;
  /** Batches under way. Ids that they hold cannot be looked up in the ledger yet. */
  readonly #writing = new Map<ReadonlyMap<string, Line>, Promise<void>>();

  constructor(deps: PushDeps, target: PushTarget, span: Span, signal: AbortSignal) {
    this.#deps = deps;
    this.#span = span;
    this.#target = target;
    this.#signal = signal;
  }

  get isBatchFull(): boolean {
    return this.#batch.size >= GROUP_LIMITS.documents || this.#characters >= GROUP_LIMITS.characters;
  }

  add(item: PushItem): void {
    const index = this.#seen;
    this.#seen += 1;
    if (item.kind === "unreadable") {
      this.#reject(index, { code: item.code, field: item.field, message: item.message });
      return;
    }
    const startedMs = performance.now();
    const checked = checkDocument(item.value, this.#target.vectors);
    this.#checkMs += performance.now() - startedMs;
    if ("rejection" in checked) {
      this.#reject(index, checked.rejection);
      return;
    }
    const { document } = checked;
    if (this.#isInHand(document.id)) {
      this.#rejectRepeated(index, document.id);
      return;
    }
    this.#batch.set(document.id, { index, document });
    this.#characters += weightOf(document);
  }

  /**
   * Hands the batch over once the door has room, so a sender is held back meanwhile; resolves when there is room for
   * another. Rejects when there is none for long or a batch before failed.
   */
  async flush(): Promise<void> {
    await this.#deps.doorLimit.room(this.#signal);
    const batch = this.#batch;
    this.#batch = new Map();
    this.#characters = 0;
    this.#deps.metrics.observeStage("check", this.#checkMs);
    this.#checkMs = 0;
    const writing = this.#write(batch).finally(() => this.#writing.delete(batch));
    this.#writing.set(batch, writing);
    // Told to whoever waits next; until then a rejection must not end the process.
    writing.catch(() => undefined);
    while (this.#writing.size >= BATCHES_AT_ONCE) await Promise.race(this.#writing.values());
  }

  /** Writes what is left, or the ticket alone when the push held no document; resolves when all is durable. */
  async finish(): Promise<void> {
    if (this.#batch.size > 0 || !this.#opened) await this.flush();
    await Promise.all(this.#writing.values());
  }

  /** Resolves when no batch is under way, however they ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing.values());
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

  /** The error with what became of the batches before. */
  refused(error: PolysemeError): PolysemeError {
    const done = { ticket: this.#ticket, accepted: this.#accepted, unchanged: this.#unchanged };
    if (!this.#opened) return error;
    const message = `${error.message} What was accepted before will be answered as unchanged.`;
    return new PolysemeError(error.code, message, { details: { ...error.details, ...done }, cause: error });
  }

  async #write(batch: ReadonlyMap<string, Line>): Promise<void> {
    const opensTicket = !this.#opened;
    this.#opened = true;
    // From now on, so that the batches under way cannot pass the door together.
    this.#deps.doorLimit.took(batch.size);
    let notTaken = batch.size;
    try {
      const written = await this.#deps.ledger.write({
        collection: this.#target.collection,
        vectors: this.#target.vectors,
        model: this.#target.model,
        ticket: this.#ticket,
        opensTicket,
        trace: this.#span.traceparent,
        documents: [...batch.values()].map(({ document }) => document),
      });
      notTaken -= written.accepted;
      this.#count(batch, written);
    } finally {
      this.#deps.doorLimit.took(-notTaken);
    }
  }

  #count(batch: ReadonlyMap<string, Line>, { accepted, unchanged, repeated }: WrittenBatch): void {
    this.#accepted += accepted;
    this.#unchanged += unchanged;
    this.#deps.metrics.documentsReceived.inc({ outcome: "accepted" }, accepted);
    this.#deps.metrics.documentsReceived.inc({ outcome: "unchanged" }, unchanged);
    for (const id of repeated) this.#rejectRepeated(batch.get(id)?.index ?? 0, id);
  }

  #isInHand(id: string): boolean {
    return this.#batch.has(id) || [...this.#writing.keys()].some((batch) => batch.has(id));
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
