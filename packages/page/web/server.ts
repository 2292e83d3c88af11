import type {
  Collection,
  InspectAnswer,
  PushAnswer,
  PushDocument,
  StoredDocument,
  TicketStatus,
} from "@polyseme/client";
import { makeEventReader } from "./server-events.ts";
import type { Hit, SensesAnswer } from "./shapes.ts";

/** What the server said when it refused, or why nothing was heard of it. */
export class ServerError extends Error {
  /** The server's code; "unreachable" or "unreadable" when it gave none. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface SearchAnswer {
  readonly hits: readonly Hit[];
  readonly timing: { readonly totalMs: number };
}

/** The routes that the page asks. All of them throw ServerError, and AbortError when the signal is aborted. */
export interface Server {
  collections(signal: AbortSignal): Promise<readonly Collection[]>;
  search(collection: string, query: string, options: { explain: boolean }, signal: AbortSignal): Promise<SearchAnswer>;
  inspect(text: string, signal: AbortSignal): Promise<InspectAnswer>;
  senses(collection: string, word: string, signal: AbortSignal): Promise<SensesAnswer>;
  push(collection: string, document: PushDocument, signal: AbortSignal): Promise<PushAnswer>;
  document(collection: string, id: string, signal: AbortSignal): Promise<StoredDocument>;
  /** A push's states as they change, up to the last one. */
  watch(ticket: string, signal: AbortSignal): AsyncGenerator<TicketStatus>;
}

const ANSWER_MS = 60_000;
const SHOWN_HITS = 10;

/** Asks the server that this page came from. An empty key sends none. */
export function makeServer(key: string): Server {
  const ask = async (path: string, body: unknown, signal: AbortSignal): Promise<Response> => {
    const headers: Record<string, string> = key === "" ? {} : { authorization: `Bearer ${key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(new URL(path, document.baseURI), {
      signal,
      headers,
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw asServerError(error, signal);
    });
    if (response.ok) return response;
    throw await refusal(response);
  };
  const json = async <T>(path: string, signal: AbortSignal, body?: unknown): Promise<T> => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const response = await ask(path, body, within);
    return response.json().catch((error: unknown) => {
      throw asServerError(error, within);
    }) as Promise<T>;
  };
  const named = (collection: string): string => `v1/collections/${encodeURIComponent(collection)}`;
  return {
    async collections(signal) {
      return (await json<{ collections: Collection[] }>("v1/collections", signal)).collections;
    },
    search: (collection, query, { explain }, signal) =>
      json(`${named(collection)}/search`, signal, { query, k: SHOWN_HITS, ...(explain ? { explain } : {}) }),
    inspect: (text, signal) => json("v1/inspect", signal, { text }),
    senses: (collection, word, signal) =>
      json(`${named(collection)}/senses?${new URLSearchParams({ word }).toString()}`, signal),
    push: (collection, pushed, signal) => json(`${named(collection)}/documents`, signal, { documents: [pushed] }),
    document: (collection, id, signal) => json(`${named(collection)}/documents/${encodeURIComponent(id)}`, signal),
    async *watch(ticket, signal) {
      const response = await ask(`v1/tickets/${encodeURIComponent(ticket)}/events`, undefined, signal);
      const read = makeEventReader();
      const pieces = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
      for await (const piece of pieces) for (const { data } of read(piece)) yield JSON.parse(data) as TicketStatus;
    },
  };
}

/** Errors have one shape; what comes from a proxy on the way may have another. */
async function refusal(response: Response): Promise<ServerError> {
  const body = (await response.json().catch(() => undefined)) as
    { error?: { code?: string; message?: string } } | undefined;
  const { code = "unreadable", message = `The server answered ${response.status}.` } = body?.error ?? {};
  return new ServerError(code, message);
}

function asServerError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    if (reason instanceof DOMException && reason.name === "TimeoutError")
      return new ServerError("unreachable", `No answer within ${ANSWER_MS / 1_000} s. Ask again later.`);
    return reason;
  }
  if (error instanceof SyntaxError) return new ServerError("unreadable", "The server's answer is no JSON.");
  return new ServerError("unreachable", "The server does not answer. Is it running?");
}
