import type { Queue } from "bullmq";
import { makeFairOrder, type Arrival } from "./fair-order.ts";
import { embedJobId, toEmbedJobData, type EmbedJob } from "./payloads.ts";

/** One shard's embed jobs, put in their fair order. */
export interface FairLine {
  /** Adds jobs; one that is there already (same job, same attempts) is left where it is. */
  add(jobs: readonly EmbedJob[], arrival: Arrival): Promise<void>;
}

/** A queue this long cannot run empty before it is looked at again. */
const LONG_QUEUE_JOBS = 1_000;
const LOOK_AGAIN_MS = 100;

/** Several doors see the same queue, so they agree on the virtual time; what each flow has had, each door knows of itself. */
export function makeFairLine(queue: Queue, nowMs: () => number): FairLine {
  const order = makeFairOrder();
  let knownUntilMs = -Infinity;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    try {
      const [jobs, [head]] = await Promise.all([queue.getPrioritizedCount(), queue.getPrioritized(0, 0)]);
      // Taken between the two looks: it had the least of all, and the next one will do as well.
      if (head === undefined && jobs > 0) return;
      order.read(head?.priority);
      knownUntilMs = jobs >= LONG_QUEUE_JOBS ? nowMs() + LOOK_AGAIN_MS : -Infinity;
    } finally {
      looking = undefined;
    }
  }

  return {
    async add(jobs, arrival) {
      if (jobs.length === 0) return;
      if (looking !== undefined || nowMs() > knownUntilMs) await (looking ??= look());
      const lastJobs = [...order.lastJobsOf(jobs, arrival)];
      await Promise.all(
        lastJobs.map(async ([flow, lastJob]) => {
          order.confirm(flow, (await queue.getJob(lastJob)) !== undefined);
        }),
      );
      const placed = jobs.map((job) => {
        const jobId = embedJobId(job);
        const priority = order.place(job, jobId, arrival);
        return { name: "documents", data: toEmbedJobData(job), opts: { jobId, priority } };
      });
      try {
        await queue.addBulk(placed);
      } finally {
        for (const job of jobs) order.added(job, arrival);
      }
    },
  };
}
