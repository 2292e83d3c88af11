import type { StoredDocument } from "@polyseme/client";
import { pause } from "../parts/pause.ts";
import type { Server } from "../server.ts";

export type DocumentState = StoredDocument["state"];

/** A state that a pushed document was seen in. */
export interface SeenState {
  readonly state: DocumentState;
  /** Since it was pushed. */
  readonly afterMs: number;
  readonly error?: { readonly code: string; readonly message: string };
}

const FIRST_POLL_MS = 40;
const MOST_POLL_MS = 1_000;
const POLL_GROWTH = 1.3;
const GIVE_UP_MS = 600_000;

interface Watched {
  readonly collection: string;
  readonly id: string;
  readonly ticket: string;
  readonly first: DocumentState | undefined;
}

/**
 * The states of a pushed document as they change from `first`, the one that it is known to have, up to `stored` or `failed`. The ticket's events say at once when it is
 * done; in between the document is asked, for a push has no event of its own for `embedding`.
 * @throws ServerError; also when nothing came of it within ten minutes
 */
export async function* watchDocument(
  server: Pick<Server, "document" | "watch">,
  { collection, id, ticket, first }: Watched,
  signal: AbortSignal,
): AsyncGenerator<SeenState> {
  const startedMs = performance.now();
  const within = AbortSignal.any([signal, AbortSignal.timeout(GIVE_UP_MS)]);
  const stopWatching = new AbortController();
  const settled = followTicket(server, ticket, AbortSignal.any([within, stopWatching.signal]));
  try {
    let last = first;
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * POLL_GROWTH, MOST_POLL_MS)) {
      const { state, error } = await server.document(collection, id, within);
      if (state !== last)
        yield { state, afterMs: performance.now() - startedMs, ...(error === undefined ? {} : { error }) };
      last = state;
      if (isFinal(state)) return;
      within.throwIfAborted();
      await Promise.race([settled.next(), pause(pollMs, within)]);
    }
  } finally {
    stopWatching.abort();
  }
}

export function isFinal(state: DocumentState): boolean {
  return state === "stored" || state === "failed";
}

/** `next` resolves with each event. A stream that breaks is done without: the document is asked all the same. */
function followTicket(server: Pick<Server, "watch">, ticket: string, signal: AbortSignal): { next(): Promise<void> } {
  let tell: () => void = () => undefined;
  let news = new Promise<void>((resolve) => (tell = resolve));
  const read = async (): Promise<void> => {
    for await (const _status of server.watch(ticket, signal)) {
      tell();
      news = new Promise<void>((resolve) => (tell = resolve));
    }
  };
  read().catch(() => undefined);
  return { next: () => news };
}
