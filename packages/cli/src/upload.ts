import type {
  DocumentFailure,
  Polyseme,
  PushDocument,
  Rejection,
  RequestPause,
  Ticket,
  TicketStatus,
} from "@polyseme/client";
import { pause } from "@polyseme/core";
import { estimate, type ProgressSample, type ProgressView } from "./progress.ts";
import { duration, plural } from "./terminal.ts";
import type { Problem, SourceDocument, SourceItem } from "./sources/source.ts";

export interface UploadOptions {
  readonly collection: string;
  readonly signal: AbortSignal;
  readonly view: ProgressView;
  /** False: done when everything is durable, embedded or not. */
  readonly wait: boolean;
  /** Documents in all, where known. */
  readonly expected?: number | undefined;
}

/** What became of every document. */
export interface UploadResult {
  readonly collection: string;
  readonly read: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly stored: number;
  readonly failed: number;
  readonly pending: number;
  readonly tokens: number;
  readonly seconds: number;
  /** The first of what could not be read and of what the server rejected. */
  readonly problems: readonly Problem[];
  /** The first of what could not be embedded. */
  readonly failures: readonly DocumentFailure[];
  readonly tickets: readonly string[];
}

const LISTED_PROBLEMS = 1_000;
const LOOK_EVERY_MS = 400;
const OVERLOADED = 429;
const NOTHING_YET = { stored: 0, failed: 0, deleted: 0, tokens: 0 };

/** One line that accounts for every document. */
export function describeResult(result: UploadResult): string {
  const { read, unchanged, rejected, failed, pending, tokens, seconds, collection } = result;
  const rate = unchanged === 0 && seconds > 0 ? `, ${Math.round(tokens / seconds).toLocaleString("en")} tokens/s` : "";
  const parts = [
    `${(result.stored - unchanged > 0 ? result.stored - unchanged : 0).toLocaleString("en")} stored`,
    `${unchanged.toLocaleString("en")} unchanged`,
    ...(pending > 0 ? [`${pending.toLocaleString("en")} on their way`] : []),
    ...(rejected > 0 ? [`${rejected.toLocaleString("en")} not taken`] : []),
    ...(failed > 0 ? [`${failed.toLocaleString("en")} failed`] : []),
  ];
  return `${plural(read, "document")} to "${collection}": ${parts.join(", ")} in ${duration(seconds)}${rate}`;
}

/** Pushes documents and follows them until they are stored. */
export async function upload(
  client: Polyseme,
  items: AsyncIterable<SourceItem>,
  options: UploadOptions,
): Promise<UploadResult> {
  const startedMs = performance.now();
  const { collection, signal, view } = options;
  const source = new Source(items);
  const follower = new Follower(options, startedMs);
  let problems = 0;
  try {
    const pushed = await follower.during(
      client.push(collection, source.documents(), {
        signal,
        onProgress: ({ sent, latestRejected, ticket, rejected }) => {
          source.answered(sent, latestRejected, rejected);
          problems = rejected;
          follower.follow(ticket, sent);
        },
        onPause: (pause) => {
          follower.paused(pause);
        },
      }),
    );
    const status = options.wait
      ? await pushed.ticket.wait({
          signal,
          onProgress: (now) => {
            follower.show(now);
          },
        })
      : await pushed.ticket.status({ signal });
    return {
      collection,
      read: source.read,
      accepted: pushed.accepted,
      unchanged: pushed.unchanged,
      rejected: problems + source.unreadable,
      stored: status.stored,
      failed: status.failed,
      pending: status.pending,
      tokens: status.tokens,
      seconds: (performance.now() - startedMs) / 1_000,
      problems: source.problems,
      failures: status.failures,
      tickets: pushed.ticket.ids,
    };
  } finally {
    view.stop();
  }
}

/** The documents of the sources; where each came from is kept until the server has answered for it. */
class Source {
  readonly #items: AsyncIterable<SourceItem>;
  readonly problems: Problem[] = [];
  read = 0;
  unreadable = 0;
  #waiting: Omit<SourceDocument, "document">[] = [];
  #answered = 0;
  #rejected = 0;

  constructor(items: AsyncIterable<SourceItem>) {
    this.#items = items;
  }

  async *documents(): AsyncGenerator<PushDocument> {
    for await (const item of this.#items) {
      this.read += 1;
      if ("problem" in item) {
        this.unreadable += 1;
        this.#list(item.problem);
      } else {
        const { document, ...kept } = item;
        this.#waiting.push(kept);
        // Not looked into here: the server checks every field and names the one at fault.
        yield document as unknown as PushDocument;
      }
    }
  }

  /** @param rejectedInAll over the whole push; more than the listed ones when the server does not say which */
  answered(sent: number, latest: readonly Rejection[], rejectedInAll: number): void {
    const batch = this.#waiting.splice(0, sent - this.#answered);
    const isWholeList = rejectedInAll - this.#rejected === latest.length;
    const rejected = new Set(latest.map(({ index }) => index - this.#answered));
    for (const [index, { answered }] of batch.entries()) answered?.(isWholeList && !rejected.has(index));
    for (const { index, id, code, message } of latest) {
      const origin = batch[index - this.#answered]?.origin ?? `document ${index}`;
      this.#list({ origin, code, message, ...(id === undefined ? {} : { id }) });
    }
    this.#answered = sent;
    this.#rejected = rejectedInAll;
  }

  #list(problem: Problem): void {
    if (this.problems.length < LISTED_PROBLEMS) this.problems.push(problem);
  }
}

/** Shows how far a push is while it is still being sent. */
class Follower {
  readonly #options: UploadOptions;
  readonly #first: ProgressSample;
  #ticket: Ticket | undefined;
  #sent = 0;
  #pause: { readonly why: "full" | "away"; readonly untilMs: number } | undefined;

  constructor(options: UploadOptions, startedMs: number) {
    this.#options = options;
    this.#first = { atMs: startedMs, done: 0, total: 0, tokens: 0 };
  }

  follow(ticket: Ticket, sent: number): void {
    this.#ticket = ticket;
    this.#sent = sent;
    this.#pause = undefined;
  }

  paused({ error, pauseMs }: RequestPause): void {
    this.#pause = { why: error.status === OVERLOADED ? "full" : "away", untilMs: performance.now() + pauseMs };
  }

  show(status: Pick<TicketStatus, "stored" | "failed" | "deleted" | "tokens">): void {
    const { stored, failed, deleted, tokens } = status;
    const done = stored + failed + deleted;
    const total = Math.max(this.#options.expected ?? this.#sent, done);
    const atMs = performance.now();
    const state = estimate(this.#first, { atMs, done, total, tokens });
    const seconds = ((this.#pause?.untilMs ?? atMs) - atMs) / 1_000;
    const paused = this.#pause === undefined || seconds <= 0 ? undefined : { why: this.#pause.why, seconds };
    this.#options.view.update({ ...state, paused });
  }

  /** Looks at the ticket now and then until the push has ended. */
  async during<T>(push: Promise<T>): Promise<T> {
    const ended = new AbortController();
    const looking = this.#lookUntil(ended.signal);
    try {
      return await push;
    } finally {
      ended.abort();
      await looking;
    }
  }

  async #lookUntil(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await pause(LOOK_EVERY_MS, ended);
      if (ended.aborted) continue;
      // A look that fails is no reason to end the push; that one will tell.
      const status = await this.#ticket?.status({ signal: ended }).catch(() => undefined);
      if (status !== undefined) this.show(status);
      else if (this.#pause !== undefined && this.#ticket === undefined) this.show(NOTHING_YET);
    }
  }
}
