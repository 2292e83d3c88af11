import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ErrorSchema, requireTicket } from "@polyseme/http";
import { readTicket, waitForTicket, watchTicket, type Database } from "@polyseme/store";
import { Type } from "typebox";
import type { Bound } from "./bound.ts";
import { MAX_WAIT_MS, parseWait } from "./parse-wait.ts";

const TicketSchema = Type.Object({
  total: Type.Integer(),
  stored: Type.Integer(),
  failed: Type.Integer(),
  pending: Type.Integer(),
  deleted: Type.Integer({ description: "Deleted after they were pushed: neither stored nor waited for" }),
  tokens: Type.Integer({ description: "Tokens of the stored ones" }),
  failures: Type.Array(Type.Object({ id: Type.String(), code: Type.String(), message: Type.String() }), {
    description: "The first of the failed ones",
  }),
});

/** A stream is sent as it is: this describes it and serialises nothing. */
const EventsSchema = {
  description: "Events `progress` and, when nothing is pending, one `done`, after which the stream ends",
  content: {
    "text/event-stream": {
      schema: Type.Unsafe<Readable>({
        type: "string",
        description: "Each event's `data` is the ticket's state as JSON, in the shape of GET /v1/tickets/{ticket}",
      }),
    },
  },
};

const TicketParams = Type.Object({ ticket: Type.String() });

/** How far a push is: asked once, waited for, or watched. */
export const ticketRoutes: FastifyPluginAsyncTypebox<{
  database: Database;
  /** How many may wait or watch at once. */
  watchers: Bound;
  stop: AbortSignal;
}> = async (app, { database, watchers, stop }) => {
  await Promise.resolve();
  app.get(
    "/v1/tickets/:ticket",
    {
      config: { needs: "read", tiedKeys: "served" },
      schema: {
        operationId: "getTicket",
        summary: "State of a push; with wait, answered as soon as nothing is pending",
        tags: ["tickets"],
        params: TicketParams,
        querystring: Type.Object({
          wait: Type.Optional(Type.String({ description: "How long to hold the answer back, such as 30s or 500ms" })),
        }),
        response: { 200: TicketSchema, "4xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const { ticket } = request.params;
      const { wait } = request.query;
      await requireTicket(database, request.caller, ticket);
      if (wait === undefined) return readTicket(database, ticket);
      const waitMs = parseWait(wait);
      reply.raw.once("close", watchers.enter(1));
      return waitForTicket(database, ticket, waitMs, AbortSignal.any([stop, callerGone(reply.raw)]));
    },
  );

  app.get(
    "/v1/tickets/:ticket/events",
    {
      config: { needs: "read", tiedKeys: "served" },
      schema: {
        operationId: "watchTicket",
        summary: "The same as server-sent events",
        tags: ["tickets"],
        params: TicketParams,
        response: { 200: EventsSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      await requireTicket(database, request.caller, request.params.ticket);
      reply.raw.once("close", watchers.enter(1));
      await readTicket(database, request.params.ticket);
      const until = AbortSignal.any([stop, callerGone(reply.raw), AbortSignal.timeout(MAX_WAIT_MS)]);
      const events = Readable.from(serverSentEvents(database, request.params.ticket, until));
      return reply.type("text/event-stream").header("cache-control", "no-store").send(events);
    },
  );
};

async function* serverSentEvents(database: Database, ticket: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const status of watchTicket(database, ticket, signal))
    yield `event: ${status.pending === 0 ? "done" : "progress"}\ndata: ${JSON.stringify(status)}\n\n`;
}

/** Aborted when the answer is sent or its connection has closed, so that nobody is counted for who has left. */
function callerGone(response: { once(event: "close", listener: () => void): unknown }): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
  });
  return gone.signal;
}
