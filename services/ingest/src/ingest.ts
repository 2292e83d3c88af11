import type { Backends } from "@polyseme/backends";
import { NO_TRACING, type Log, type Metrics, type StopStep, type Tracing } from "@polyseme/core";
import type { ModelCatalog } from "@polyseme/encoder/catalog";
import { backendProbes, type Service } from "@polyseme/http";
import type { Consumer } from "@polyseme/queue";
import { makeCollectionDoor } from "./collection-door.ts";
import { makeDoorLimit } from "./door-limit.ts";
import { makeBound } from "./bound.ts";
import { acceptInboxJob } from "./inbox.ts";
import { importRoutes } from "./import-routes.ts";
import { runIndexKeeper } from "./index-keeper.ts";
import { makeLedgerWriter } from "./ledger-writer.ts";
import { pushRoutes } from "./push-routes.ts";
import { runReconciler } from "./reconciler.ts";
import { makeBacklogRefresh, makeDocumentsRefresh } from "./refresh-backlog.ts";
import { ticketRoutes } from "./ticket-routes.ts";

export interface IngestOptions {
  readonly backends: Backends;
  readonly catalog: ModelCatalog;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing?: Tracing;
  readonly stop: AbortSignal;
  /** Documents that may wait before pushes are refused. */
  readonly maxPending: number;
}

/** Inbox jobs at once; each is one transaction, so this bounds connections, not memory. */
const INBOX_CONCURRENCY = 8;
const RECONCILE_EVERY_MS = 1_000;
const KEEP_INDEXES_EVERY_MS = 5_000;
const STOP_INBOX_MS = 10_000;
const STOP_RECONCILER_MS = 10_000;
const STOP_INDEX_KEEPER_MS = 12_000;

/** Bodies of pushes in memory at once, in all requests together. */
const BODIES_BYTES = 512 * 1024 * 1024;
/** Requests that wait for a ticket or watch one; each asks Postgres up to a hundred times a second at first, later twice. */
const TICKET_WATCHERS = 1_000;

/** The door: pushes, tickets and deletes over HTTP, the inbox queue, the reconciler, and how much waits. */
export function makeIngest(options: IngestOptions): Service {
  const { backends, catalog, log, metrics, tracing = NO_TRACING, stop, maxPending } = options;
  const { database, queues } = backends;
  const nowMs = (): number => performance.now();
  const collections = makeCollectionDoor(database, catalog, nowMs);
  const refreshBacklog = makeBacklogRefresh(database, metrics, nowMs);
  const refreshDocuments = makeDocumentsRefresh(database, metrics, nowMs);
  const doorLimit = makeDoorLimit({
    countJobs: () => queues.countEmbedJobs(),
    readBacklog: refreshBacklog,
    nowMs,
    random: Math.random,
    maxPending,
  });
  const ledger = makeLedgerWriter({ database, queues, collections, log, metrics, tracing });
  const push = { ledger, collections, doorLimit, log, metrics, tracing };
  let inbox: Consumer | undefined;
  let reconciler: Promise<void> = Promise.resolve();
  let indexKeeper: Promise<void> = Promise.resolve();
  return {
    name: "ingest",
    routes: async (app) => {
      const bodies = makeBound("push bodies", BODIES_BYTES);
      await app.register(pushRoutes, { ...push, database, bodies, stop });
      await app.register(importRoutes, { ...push, database, catalog, bodies, stop });
      await app.register(ticketRoutes, { database, watchers: makeBound("ticket watchers", TICKET_WATCHERS), stop });
    },
    probes: backendProbes(backends),
    async refreshMetrics() {
      const countInbox = async (): Promise<void> => {
        const { waiting, failed } = await queues.countInboxJobs();
        metrics.inboxJobs.set({ state: "waiting" }, waiting);
        metrics.inboxJobs.set({ state: "failed" }, failed);
      };
      await Promise.all([refreshBacklog(), refreshDocuments(), countInbox()]);
    },
    start() {
      inbox = queues.consumeInbox((data, jobName) => acceptInboxJob(push, data, jobName, stop), {
        concurrency: INBOX_CONCURRENCY,
        onError: (error) => {
          log.warn({ reason: error.message }, "inbox queue");
        },
      });
      reconciler = runReconciler({ database, queues, log, metrics, intervalMs: RECONCILE_EVERY_MS }, stop);
      const embedded = backends.kind === "embedded";
      indexKeeper = runIndexKeeper({ database, log, embedded, intervalMs: KEEP_INDEXES_EVERY_MS }, stop);
    },
    stopSteps: (): StopStep[] => [
      { name: "the inbox", withinMs: STOP_INBOX_MS, stop: () => inbox?.close(STOP_INBOX_MS) },
      { name: "the reconciler", withinMs: STOP_RECONCILER_MS, stop: () => reconciler },
      { name: "the index keeper", withinMs: STOP_INDEX_KEEPER_MS, stop: () => indexKeeper },
    ],
  };
}
