import { PolysemeError } from "@polyseme/core";
import type { Queues } from "@polyseme/queue";

/** Refuses pushes while the queue is full, so that its memory has a bound. */
export interface DoorLimit {
  /** @throws PolysemeError `overloaded` */
  check(): Promise<void>;
}

/** Jobs of up to 32 documents, some 700 bytes each in Redis: 70 MB at the most. */
const MAX_QUEUED_JOBS = 100_000;
const COUNT_FOR_MS = 500;
const RETRY_AFTER_SECONDS = 10;

export function makeDoorLimit(
  queues: Pick<Queues, "countEmbedJobs">,
  now: () => number,
  maxJobs = MAX_QUEUED_JOBS,
): DoorLimit {
  let counted = { jobs: 0, atMs: -Infinity };
  return {
    async check() {
      if (now() - counted.atMs > COUNT_FOR_MS) {
        // A queue that does not answer is no reason to refuse: the ledger takes the documents.
        const jobs = await queues.countEmbedJobs().catch(() => 0);
        counted = { jobs, atMs: now() };
      }
      if (counted.jobs >= maxJobs)
        throw new PolysemeError(
          "overloaded",
          "The queue is full: documents come in faster than they are embedded. Push again later, or add embedders.",
          {
            details: { retryAfterSeconds: RETRY_AFTER_SECONDS, queuedJobs: counted.jobs },
          },
        );
    },
  };
}
