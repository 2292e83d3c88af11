import { batches, DEFAULT_BATCH, type BatchLimits } from "./batches.ts";
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

/**
 * Sends documents in requests of bounded size, one after the other. A request that was refused or lost is sent again:
 * what the server took before is `unchanged` then. An id that comes twice in one request is rejected; in a later request
 * it is a new version.
 */
export async function pushDocuments(
  request: Requester,
  collection: string,
  documents: Iterable<PushDocument> | AsyncIterable<PushDocument>,
  options: PushOptions & { readonly limits?: BatchLimits },
): Promise<PushResult> {
  const { signal, onProgress, onPause, limits = DEFAULT_BATCH } = options;
  const ticket = new Ticket(request);
  const rejected: Rejection[] = [];
  const counts = { sent: 0, accepted: 0, unchanged: 0, rejected: 0 };
  for await (const batch of batches(documents, limits)) {
    signal?.throwIfAborted();
    // A request may be refused after a part of it was taken; that part is `unchanged` when it is sent again.
    let takenBefore = 0;
    const { answer } = await request<PushAnswer>(
      "POST",
      `/v1/collections/${encodeURIComponent(collection)}/documents`,
      {
        body: { bytes: batch.bytes, contentType: "application/x-ndjson" },
        signal,
        onPause(pause) {
          takenBefore += acceptedBefore(pause.error);
          onPause?.(pause);
        },
      },
    );
    const takenNow = Math.min(takenBefore, answer.unchanged);
    const latestRejected = answer.rejected.map((one) => ({ ...one, index: batch.firstIndex + one.index }));
    ticket.add(answer);
    rejected.push(...latestRejected.slice(0, LISTED_REJECTIONS - rejected.length));
    counts.sent += batch.documents;
    counts.accepted += answer.accepted + takenNow;
    counts.unchanged += answer.unchanged - takenNow;
    counts.rejected += answer.rejected.length + (answer.rejectedOmitted ?? 0);
    onProgress?.({ ...counts, latestRejected, ticket });
  }
  const { accepted, unchanged } = counts;
  return { ticket, accepted, unchanged, rejected, rejectedOmitted: counts.rejected - rejected.length };
}

function acceptedBefore({ details }: PolysemeRequestError): number {
  const accepted = details?.["accepted"];
  return typeof accepted === "number" ? accepted : 0;
}
