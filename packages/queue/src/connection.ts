import { DeadlineError, messageOf, PolysemeError, withDeadline, type RedisAddress } from "@polyseme/core";
import {
  createPostgresBackend,
  Queue,
  Worker,
  type PgPool,
  type Processor,
  type QueueOptions,
  type WorkerOptions,
} from "bullmq";
import type { Cluster, Redis } from "ioredis";
import { openRedis } from "./redis-client.ts";

/** Where BullMQ keeps its jobs; everything above is the same for both. */
export type QueueBackend =
  | {
      readonly kind: "redis";
      readonly address: RedisAddress;
      readonly prefix: string;
      /** Queues that the embed jobs are spread over, at least 1. */
      readonly shards: number;
    }
  | { readonly kind: "postgres"; readonly pool: PgPool };

/** One queue; the prefix counts on Redis only. */
export interface QueuePlace {
  readonly name: string;
  readonly prefix: string;
}

export type WorkerTuning = Omit<WorkerOptions, "connection" | "prefix" | "autorun">;

/** What the queues and workers of one process are opened on. */
export interface QueueConnection {
  /** The producing side of one queue. */
  openQueue(place: QueuePlace, jobs: NonNullable<QueueOptions["defaultJobOptions"]>): Queue;
  /** The consuming side of one queue; takes nothing before `run()`. */
  openWorker(place: QueuePlace, process: Processor<unknown, void>, tuning: WorkerTuning): Worker;
  /** @throws PolysemeError `unavailable` when the backend cannot be reached */
  untilReady(queues: readonly Queue[]): Promise<void>;
  /** Leaves a mark beside a queue's jobs; true when there was none, so that jobs given before may be gone. */
  mark(place: QueuePlace): Promise<boolean>;
  /** Ends the connections that were opened here, at once; queues and workers are to be closed before. */
  close(): void;
}

const READY_MS = 10_000;

export function connect(backend: QueueBackend, onError: (error: Error) => void): QueueConnection {
  switch (backend.kind) {
    case "redis":
      return onRedis(backend.address, onError);
    case "postgres":
      return onPostgres(backend.pool, onError);
    default:
      throw new Error(`Unknown backend ${String(backend satisfies never)}`);
  }
}

/**
 * All queues share one client that fails fast: the ledger has the documents already, so a caller would rather answer than
 * wait. All workers share one that never gives up; BullMQ duplicates it for each worker, to block on.
 */
function onRedis(address: RedisAddress, onError: (error: Error) => void): QueueConnection {
  const producer = openRedis(address, "producing");
  let lastError: Error | undefined;
  producer.on("error", (error: Error) => {
    lastError = causeOf(error);
    onError(error);
  });
  let consumer: Redis | Cluster | undefined;
  return {
    openQueue({ name, prefix }, jobs) {
      const queue = new Queue(name, { connection: producer, prefix, defaultJobOptions: jobs });
      // The shared client's errors, which every queue would say again; a failed command is its caller's.
      queue.on("error", () => undefined);
      return queue;
    },
    openWorker({ name, prefix }, process, tuning) {
      consumer ??= openRedis(address, "consuming");
      return new Worker<unknown, void>(name, process, { autorun: false, ...tuning, connection: consumer, prefix });
    },
    async untilReady(queues) {
      await untilReady("Redis (REDIS_URL)", queues, () => lastError);
      if (address.kind === "single") await refuseClusterNode(producer);
    },
    mark: async ({ name, prefix }) => (await producer.set(`${prefix}:${name}:polyseme-mark`, "1", "NX")) === "OK",
    close() {
      producer.disconnect();
      consumer?.disconnect();
    },
  };
}

function onPostgres(pool: PgPool, onError: (error: Error) => void): QueueConnection {
  return {
    openQueue({ name }, jobs) {
      const queue = new Queue(name, { connection: pool, defaultJobOptions: jobs }, createPostgresBackend as never);
      queue.on("error", onError);
      return queue;
    },
    openWorker: ({ name }, process, tuning) =>
      new Worker<unknown, void>(
        name,
        process,
        { autorun: false, ...tuning, connection: pool },
        createPostgresBackend as never,
      ),
    untilReady: (queues) => untilReady("The queue in Postgres", queues, () => undefined),
    // In the ledger's own database: it is lost with it, or not at all.
    mark: () => Promise.resolve(false),
    close: () => undefined,
  };
}

async function untilReady(where: string, queues: readonly Queue[], lastError: () => Error | undefined): Promise<void> {
  try {
    await withDeadline("the queue's backend to answer", READY_MS, () =>
      Promise.all(queues.map((queue) => queue.waitUntilReady())),
    );
  } catch (error) {
    const last = lastError();
    const why =
      error instanceof DeadlineError ? `it did not answer${last ? ` (${last.message})` : ""}` : messageOf(error);
    throw new PolysemeError("unavailable", `${where} is not available: ${why}. Is it running and reachable?`, {
      cause: error,
    });
  }
}

/** It would answer, and then refuse every queue whose slot it has not. */
async function refuseClusterNode(client: Redis | Cluster): Promise<void> {
  if (!(await client.info("cluster")).includes("cluster_enabled:1")) return;
  throw new PolysemeError(
    "invalid",
    "REDIS_URL names one node of a Redis Cluster. Name several, comma-separated: redis://host:port,redis://host:port.",
    { details: { field: "REDIS_URL" } },
  );
}

/** A Cluster client says only that all its nodes failed; the last node says why. */
function causeOf(error: Error): Error {
  const { lastNodeError } = error as { lastNodeError?: unknown };
  return lastNodeError instanceof Error ? lastNodeError : error;
}
