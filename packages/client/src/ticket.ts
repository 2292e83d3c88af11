import type { Requester } from "./requester.ts";
import type { DocumentFailure, PushAnswer, TicketStatus } from "./types.ts";

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the state about twice a second. */
  readonly onProgress?: ((status: TicketStatus) => void) | undefined;
}

interface Part {
  readonly id: string;
  last: TicketStatus;
}

/** How long the server holds an answer back while something is pending. */
const WAIT_SECONDS = 30;
const PROGRESS_EVERY_MS = 500;
/** Failures kept over all parts; the rest are counted in `failed`. */
const LISTED_FAILURES = 1_000;

/** What became of a push, over all the requests it took. */
export class Ticket {
  readonly #request: Requester;
  readonly #parts: Part[] = [];

  constructor(request: Requester) {
    this.#request = request;
  }

  /** The server's ids: one a request. */
  get ids(): readonly string[] {
    return this.#parts.map(({ id }) => id);
  }

  /** Adds one request's answer. */
  add(answer: PushAnswer): void {
    const total = answer.accepted + answer.unchanged;
    const last = { total, stored: 0, failed: 0, pending: total, deleted: 0, tokens: 0, failures: [] };
    this.#parts.push({ id: answer.ticket, last });
  }

  /** The state now; parts that are done are not asked again. */
  async status(options: { signal?: AbortSignal | undefined } = {}): Promise<TicketStatus> {
    for (const part of this.#unfinished()) part.last = await this.#ask(part.id, "", options.signal);
    return this.#sum();
  }

  /** Resolves with the final state once nothing is pending. */
  async wait({ signal, onProgress }: WaitOptions = {}): Promise<TicketStatus> {
    const query = onProgress === undefined ? `?wait=${WAIT_SECONDS}s` : `?wait=${PROGRESS_EVERY_MS}ms`;
    // Documents are embedded about in the order of their push, so one part at a time is waited for.
    for (const part of this.#unfinished()) {
      do {
        part.last = await this.#ask(part.id, query, signal);
        onProgress?.(this.#sum());
      } while (part.last.pending > 0);
    }
    return this.#sum();
  }

  #unfinished(): Part[] {
    return this.#parts.filter(({ last }) => last.pending > 0);
  }

  async #ask(id: string, query: string, signal: AbortSignal | undefined): Promise<TicketStatus> {
    const path = `/v1/tickets/${encodeURIComponent(id)}${query}`;
    return (await this.#request<TicketStatus>("GET", path, { signal })).answer;
  }

  #sum(): TicketStatus {
    const sum = { total: 0, stored: 0, failed: 0, pending: 0, deleted: 0, tokens: 0 };
    const failures: DocumentFailure[] = [];
    for (const { last } of this.#parts) {
      sum.total += last.total;
      sum.stored += last.stored;
      sum.failed += last.failed;
      sum.pending += last.pending;
      sum.deleted += last.deleted;
      sum.tokens += last.tokens;
      failures.push(...last.failures.slice(0, LISTED_FAILURES - failures.length));
    }
    return { ...sum, failures };
  }
}
