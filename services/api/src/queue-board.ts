import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { FastifyAdapter } from "@bull-board/fastify";
import { asPolysemeError, isRecord, PolysemeError } from "@polyseme/core";
import { errorBody } from "@polyseme/http";
import { INBOX_QUEUE, type Queues } from "@polyseme/queue";
import type { FastifyPluginAsync } from "fastify";

export const BOARD_PATH = "/admin/queues";

export interface QueueBoardDeps {
  readonly queues: Pick<Queues, "all">;
}

/** The board's own scripts and the styles that it sets on elements; its fonts, which are elsewhere, are done without. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const LISTED_IDS = 20;

/**
 * Bull Board: what waits, runs and failed in BullMQ's queues, to look at only. The ledger is what counts, so a job that
 * is taken away or run again by hand would come back or change nothing; failed documents are redriven by /v1/failures.
 */
export const queueBoard: FastifyPluginAsync<QueueBoardDeps> = async (app, { queues }) => {
  const adapter = new FastifyAdapter();
  adapter.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: queues.all().map((queue) => {
      const shard = new BullMQAdapter(queue, { readOnlyMode: true, prefix: shardName(queue.opts.prefix) });
      if (queue.name === INBOX_QUEUE) shard.setFormatter("data", withoutTexts);
      return shard;
    }),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: "polyseme queues" } },
  });
  // Its own would hide what the key check has to say.
  adapter.setErrorHandler((error) => {
    const known = asPolysemeError(error);
    return { status: known.status as 500, body: errorBody(known) as never };
  });
  app.decorate("accessOfRoutes", { needs: "admin", browser: true } as const);
  app.addHook("onRequest", (request, _reply, done) => {
    // A browser that has logged in sends its key along with what other sites make it ask.
    done(
      request.method === "GET" || request.method === "HEAD"
        ? undefined
        : new PolysemeError(
            "forbidden",
            "The board of the queues is to look at only. To run failed documents again: POST /v1/failures/redrive.",
          ),
    );
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    void reply.headers({
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    done();
  });
  await app.register(adapter.registerPlugin(), { prefix: BOARD_PATH });
};

/** Shards of one queue have the same name and are told apart by their prefix. */
function shardName(prefix: string | undefined): string {
  return prefix === undefined || prefix === "" ? "" : `${prefix}:`;
}

/** Jobs of the inbox hold what people pushed; the board shows whose it is and how much. */
function withoutTexts(data: unknown): unknown {
  if (!isRecord(data)) return {};
  const documents = Array.isArray(data["documents"]) ? (data["documents"] as unknown[]) : [data];
  return {
    collection: data["collection"],
    documents: documents.length,
    ids: documents.slice(0, LISTED_IDS).map((document) => (isRecord(document) ? document["id"] : undefined)),
  };
}
