import type {
  Collection,
  InspectAnswer,
  PushAnswer,
  PushDocument,
  SearchRequest,
  StoredDocument,
  TicketStatus,
} from "@polyseme/client";
import { makeEventReader } from "./server-events.ts";
import type { Hit, SensesAnswer } from "./shapes.ts";
import { makeTransport, type Transport } from "./transport.ts";

export { ServerError } from "./transport.ts";

export interface SearchAnswer {
  readonly hits: readonly Hit[];
  /** There are more: the `page` of the same search. */
  readonly next?: string;
  readonly timing: { readonly totalMs: number };
}

/** The routes that several parts of the page ask; a part's own are beside it. All throw as Transport says. */
export interface Server extends Transport {
  collections(signal: AbortSignal): Promise<readonly Collection[]>;
  search(collection: string, request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer>;
  inspect(text: string, signal: AbortSignal): Promise<InspectAnswer>;
  senses(collection: string, word: string, signal: AbortSignal): Promise<SensesAnswer>;
  push(collection: string, document: PushDocument, signal: AbortSignal): Promise<PushAnswer>;
  document(collection: string, id: string, signal: AbortSignal): Promise<StoredDocument>;
  /** A push's states as they change, up to the last one. */
  watch(ticket: string, signal: AbortSignal): AsyncGenerator<TicketStatus>;
}

const SHOWN_HITS = 10;

/** A collection's address, to which more may be added. */
export function pathOf(collection: string): string {
  return `v1/collections/${encodeURIComponent(collection)}`;
}

/** Asks the server that this page came from. An empty key sends none. */
export function makeServer(key: string): Server {
  const transport = makeTransport(key);
  const { json } = transport;
  return {
    ...transport,
    async collections(signal) {
      return (await json<{ collections: Collection[] }>("GET", "v1/collections", signal)).collections;
    },
    search: (collection, request, signal) =>
      json("POST", `${pathOf(collection)}/search`, signal, { k: SHOWN_HITS, ...request }),
    inspect: (text, signal) => json("POST", "v1/inspect", signal, { text }),
    senses: (collection, word, signal) =>
      json("GET", `${pathOf(collection)}/senses?${new URLSearchParams({ word }).toString()}`, signal),
    push: (collection, pushed, signal) =>
      json("POST", `${pathOf(collection)}/documents`, signal, { documents: [pushed] }),
    document: (collection, id, signal) =>
      json("GET", `${pathOf(collection)}/documents/${encodeURIComponent(id)}`, signal),
    async *watch(ticket, signal) {
      const body = await transport.stream(`v1/tickets/${encodeURIComponent(ticket)}/events`, signal);
      const read = makeEventReader();
      const pieces = body?.pipeThrough(new TextDecoderStream()) ?? [];
      for await (const piece of pieces) for (const { data } of read(piece)) yield JSON.parse(data) as TicketStatus;
    },
  };
}
