import { messageOf, PolysemeError, withDeadline } from "@polyseme/core";
import { UnrecoverableError, WaitingError, type Job } from "bullmq";
import type { QueueConnection, QueuePlace } from "./connection.ts";

/**
 * taking   jobs are fetched while fewer than `concurrency` run
 * draining no more are fetched; those that run may finish; `resume` leads back
 * closed   none runs
 */
export interface Consumer {
  /** Fetches no more. */
  drain(): Promise<void>;
  /** Fetches again after a drain. */
  resume(): Promise<void>;
  /** Drains, waits for the running handlers, closes. @throws DeadlineError when they take longer than `withinMs` */
  close(withinMs: number): Promise<void>;
}

/** What a handler throws to hand its job back untouched, for another worker. */
export class HandBack extends Error {
  override readonly name = "HandBack";
}

export interface ConsumerOptions {
  /** Jobs at once in this process. */
  readonly concurrency: number;
  readonly onError: (error: Error) => void;
}

/** What a handler may know of its job besides the data. */
export interface JobAbout {
  readonly id: string;
  readonly name: string;
  /** From when it was added until it was taken, by the clocks of both machines; never below 0. */
  readonly waitedMs: number;
}

type Handler = (data: unknown, about: JobAbout) => Promise<void>;

/**
 * How long a job's lock holds without renewal (BullMQ renews at half of it), and how often lost locks are looked for. A
 * worker that dies between taking a job and claiming its documents leaves only the lock, so this is as soon as a claim
 * ends. A lock lost by a worker that lives costs nothing: the ledger gives its documents to nobody else.
 */
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 2_000;
/** The ledger counts attempts; BullMQ only has to put back what a dead worker held, however often. */
const MAX_STALLED = 100;
const KEPT_FAILED_JOBS = 1_000;
/** After a lost connection, before the next try; BullMQ's own is long enough to be taken for a worker that stopped. */
const RETRY_MS = 500;

export function consume(
  connection: QueueConnection,
  place: QueuePlace,
  handle: Handler,
  options: ConsumerOptions,
): Consumer {
  const worker = connection.openWorker(place, (job, token) => run(job, token, handle), {
    concurrency: options.concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: MAX_STALLED,
    runRetryDelay: RETRY_MS,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: KEPT_FAILED_JOBS },
  });
  worker.on("error", options.onError);
  const running = worker.run().catch((error: unknown) => {
    options.onError(error instanceof Error ? error : new Error(messageOf(error)));
  });
  return {
    drain: () => worker.pause(true),
    resume: () => worker.resume(),
    async close(withinMs) {
      await withDeadline(`the consumer of ${place.name} to close`, withinMs, async () => {
        await worker.close();
        await running;
      });
    },
  };
}

/** Several consumers as one. */
export function together(consumers: readonly Consumer[]): Consumer {
  return {
    async drain() {
      await Promise.all(consumers.map((consumer) => consumer.drain()));
    },
    async resume() {
      await Promise.all(consumers.map((consumer) => consumer.resume()));
    },
    async close(withinMs) {
      await Promise.all(consumers.map((consumer) => consumer.close(withinMs)));
    },
  };
}

async function run(job: Job<unknown>, token: string | undefined, handle: Handler): Promise<void> {
  try {
    await handle(job.data, { id: job.id ?? "", name: job.name, waitedMs: Math.max(0, Date.now() - job.timestamp) });
  } catch (error) {
    if (error instanceof HandBack) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (error instanceof PolysemeError && error.retry === "never")
      throw new UnrecoverableError(`${error.code}: ${error.message}`);
    throw error;
  }
}
