import { batches, DEFAULT_BATCH, type Batch, type BatchLimits } from "./batches.ts";
import type { PolysemeRequestError } from "./errors.ts";
import type { Requester, RequestPause } from "./requester.ts";
import { Ticket } from "./ticket.ts";
import type { PushAnswer, PushDocument, Rejection } from "./types.ts";

export interface PushOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told after each request. */
  readonly onProgress?: ((progress: PushProgress) => void) | undefined;
  /** Told before each pause: the server is full (status 429) or away. The push goes on by itself. */
  readonly onPause?: ((pause: RequestPause) => void) | undefined;
}

export interface PushProgress {
  /** Documents that the server has answered for. */
  readonly sent: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** What the latest request rejected, indexes counted over the whole push. */
  readonly latestRejected: readonly Rejection[];
  /** For the documents accepted so far; grows with the push. */
  readonly ticket: Ticket;
}

export interface PushResult {
  readonly ticket: Ticket;
  /** New or changed: durable, and on their way to be embedded. */
  readonly accepted: number;
  /** Known already with this content. */
  readonly unchanged: number;
  /** Indexes counted over the whole push. */
  readonly rejected: readonly Rejection[];
  /** Rejections beyond the listed ones. */
  readonly rejectedOmitted: number;
}

/** A push of a million bad documents keeps the first ones and a count. */
const LISTED_REJECTIONS = 10_000;

/** Requests under way: the server works on one while the next is made and sent. */
const REQUESTS_AT_ONCE = 2;

/**
 * Sends documents in requests of bounded size, two at a time; `documents` is read no further than that. A request that
 * was refused or lost is sent again: what the server took before is `unchanged` then. An id that comes twice in one
 * request is rejected; in a later request it is a new version, so that one waits for the answer to the one before.
 */
export async function pushDocuments(
  request: Requester,
  collection: string,
  documents: Iterable<PushDocument> | AsyncIterable<PushDocument>,
  options: PushOptions & { readonly limits?: BatchLimits; readonly atOnce?: number },
): Promise<PushResult> {
  const { signal, onProgress, onPause, limits = DEFAULT_BATCH, atOnce = REQUESTS_AT_ONCE } = options;
  const ticket = new Ticket(request);
  const rejected: Rejection[] = [];
  const counts = { sent: 0, accepted: 0, unchanged: 0, rejected: 0 };
  const failed = new AbortController();
  const until = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const sending: { readonly batch: Batch; readonly answered: Promise<BatchAnswer> }[] = [];

  const settleOldest = async (): Promise<void> => {
    const oldest = sending.shift();
    if (oldest === undefined) return;
    const { batch } = oldest;
    const { answer, takenBefore } = await oldest.answered;
    const takenNow = Math.min(takenBefore, answer.unchanged);
    const latestRejected = answer.rejected.map((one) => ({ ...one, index: batch.firstIndex + one.index }));
    ticket.add(answer);
    rejected.push(...latestRejected.slice(0, LISTED_REJECTIONS - rejected.length));
    counts.sent += batch.documents;
    counts.accepted += answer.accepted + takenNow;
    counts.unchanged += answer.unchanged - takenNow;
    counts.rejected += answer.rejected.length + (answer.rejectedOmitted ?? 0);
    onProgress?.({ ...counts, latestRejected, ticket });
  };

  try {
    for await (const batch of batches(documents, limits)) {
      signal?.throwIfAborted();
      const least = sending.some((one) => overlap(one.batch.ids, batch.ids)) ? 1 : atOnce;
      while (sending.length >= least) await settleOldest();
      const answered = sendBatch(request, collection, batch, { signal: until, onPause });
      // Told to whoever waits for it; until then a rejection must not be an unhandled one.
      answered.catch(() => undefined);
      sending.push({ batch, answered });
    }
    while (sending.length > 0) await settleOldest();
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(sending.map(({ answered }) => answered));
    throw error;
  }
  const { accepted, unchanged } = counts;
  return { ticket, accepted, unchanged, rejected, rejectedOmitted: counts.rejected - rejected.length };
}

interface BatchAnswer {
  readonly answer: PushAnswer;
  /** A request may be refused after a part of it was taken; that part is `unchanged` when it is sent again. */
  readonly takenBefore: number;
}

async function sendBatch(
  request: Requester,
  collection: string,
  batch: Batch,
  { signal, onPause }: Pick<PushOptions, "signal" | "onPause">,
): Promise<BatchAnswer> {
  let takenBefore = 0;
  const { answer } = await request<PushAnswer>("POST", `/v1/collections/${encodeURIComponent(collection)}/documents`, {
    body: { bytes: batch.bytes, contentType: "application/x-ndjson" },
    signal,
    onPause(pause) {
      takenBefore += acceptedBefore(pause.error);
      onPause?.(pause);
    },
  });
  return { answer, takenBefore };
}

function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  for (const id of one) if (other.has(id)) return true;
  return false;
}

function acceptedBefore({ details }: PolysemeRequestError): number {
  const accepted = details?.["accepted"];
  return typeof accepted === "number" ? accepted : 0;
}
