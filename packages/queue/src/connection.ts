import {
  createPostgresBackend,
  Queue,
  Worker,
  type Processor,
  type QueueOptions,
  type WorkerOptions,
  type PgPool,
} from "bullmq";
import { DeadlineError, PolysemeError, withDeadline } from "@polyseme/core";

/** Where BullMQ keeps its jobs; everything above is the same for both. */
export type QueueBackend =
  | { readonly kind: "redis"; readonly url: string; readonly prefix: string }
  | { readonly kind: "postgres"; readonly pool: PgPool };

type Tuning = Omit<WorkerOptions, "connection" | "prefix">;

const CONNECT_DEADLINE_MS = 10_000;

/**
 * The producing side of one queue. On Redis it fails fast: the ledger has the documents already, so a caller would
 * rather answer than wait for Redis.
 * @throws PolysemeError `unavailable` when the backend cannot be reached
 */
export async function openQueue(
  backend: QueueBackend,
  name: string,
  options: { jobs: NonNullable<QueueOptions["defaultJobOptions"]>; onError: (error: Error) => void },
): Promise<Queue> {
  if (backend.kind === "redis") refuseUnbuiltUrl(backend.url);
  const queue =
    backend.kind === "redis"
      ? new Queue(name, {
          connection: { url: backend.url, maxRetriesPerRequest: 1, retryStrategy: reconnectAfterMs },
          prefix: backend.prefix,
          defaultJobOptions: options.jobs,
        })
      : new Queue(name, { connection: backend.pool, defaultJobOptions: options.jobs }, createPostgresBackend as never);
  queue.on("error", options.onError);
  try {
    await withDeadline("the queue's backend to answer", CONNECT_DEADLINE_MS, () => queue.waitUntilReady());
  } catch (error) {
    await queue.close().catch(() => undefined);
    const where = backend.kind === "redis" ? "Redis (REDIS_URL)" : "the queue in Postgres";
    const why =
      error instanceof DeadlineError ? "it did not answer" : error instanceof Error ? error.message : String(error);
    throw new PolysemeError("unavailable", `${where} is not available: ${why}. Is it running and reachable?`, {
      cause: error,
    });
  }
  return queue;
}

/** The consuming side of one queue; takes nothing before `run()`. */
export function openWorker(
  backend: QueueBackend,
  name: string,
  process: Processor<unknown, void>,
  tuning: Tuning,
): Worker {
  const options = { autorun: false, ...tuning };
  return backend.kind === "redis"
    ? new Worker<unknown, void>(name, process, {
        ...options,
        connection: { url: backend.url, maxRetriesPerRequest: null, retryStrategy: reconnectAfterMs },
        prefix: backend.prefix,
      })
    : new Worker<unknown, void>(
        name,
        process,
        { ...options, connection: backend.pool },
        createPostgresBackend as never,
      );
}

/** Said here rather than by the driver, whose message would repeat the whole URL with its password. */
function refuseUnbuiltUrl(url: string): void {
  if (!url.includes(",") && !url.startsWith("sentinel:")) return;
  throw new PolysemeError("not_implemented", "Redis Cluster and Sentinel are not built yet; give one redis:// URL.", {
    details: { field: "REDIS_URL" },
  });
}

function reconnectAfterMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);
}
