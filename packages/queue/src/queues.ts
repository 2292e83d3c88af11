import type { Queue } from "bullmq";
import { connect, type QueueBackend, type QueuePlace } from "./connection.ts";
import { consume, together, type Consumer, type ConsumerOptions, type JobAbout } from "./consumer.ts";
import { makeFairLine } from "./fair-line.ts";
import type { Arrival } from "./fair-order.ts";
import { EMBED_QUEUE, INBOX_QUEUE, parseEmbedJobData, type EmbedJob } from "./payloads.ts";
import { asQueueError } from "./queue-error.ts";
import { jobsAShard, shardOf, shardPrefix } from "./shards.ts";
import { withoutRepeats } from "./without-repeats.ts";

/** While Redis is away its clients fail several times a second, all with the same words. */
const QUIET_MS = 5_000;

/** An embed job as a worker gets it. */
export type ReceivedJob = Pick<EmbedJob, "collectionId" | "documents" | "trace"> & JobAbout;

/** The queues of one process. */
export interface Queues {
  /**
   * Adds jobs; one that is there already (same job, same attempts) is left as it is. Where one shard cannot be reached,
   * the jobs of the others are added all the same before it throws. They are taken in a fair order of collections and
   * priorities (`makeFairOrder`).
   * @throws PolysemeError `unavailable` when the backend is away, starting, failing over or full
   */
  addEmbedJobs(jobs: readonly EmbedJob[], arrival: Arrival): Promise<void>;
  /** Jobs waiting, delayed or running, in all shards. Also the test that the backend answers. */
  countEmbedJobs(): Promise<number>;
  /**
   * True once after the backend has lost its jobs, or part of them: it was emptied, came up without its data, or is another
   * one. Also the test that it can be written to.
   * @throws PolysemeError `unavailable`
   */
  takeLoss(): Promise<boolean>;
  /** Takes jobs of every shard. */
  consumeEmbedJobs(handle: (job: ReceivedJob) => Promise<void>, options: ConsumerOptions): Consumer;
  /** Jobs as outside producers made them: `data` is not checked yet. */
  consumeInbox(handle: (data: unknown, jobName: string) => Promise<void>, options: ConsumerOptions): Consumer;
  /** Jobs in the inbox: waiting or running, and those kept because they were refused. */
  countInboxJobs(): Promise<{ waiting: number; failed: number }>;
  /** What a board of the queues shows: the shards of the embed queue and the inbox, as BullMQ's own objects. */
  all(): readonly Queue[];
  close(): Promise<void>;
}

/**
 * @throws PolysemeError `unavailable` when the backend cannot be reached, `invalid` when it is of another kind than its
 * address says
 */
export async function openQueues(backend: QueueBackend, options: { onError: (error: Error) => void }): Promise<Queues> {
  const connection = connect(backend, withoutRepeats(options.onError, QUIET_MS));
  const places = Array.from({ length: shardsOf(backend) }, (_, shard) => placeOf(backend, EMBED_QUEUE, shard));
  const embed = places.map((place) =>
    connection.openQueue(place, { removeOnComplete: true, removeOnFail: true, attempts: 1 }),
  );
  const inbox = connection.openQueue(placeOf(backend, INBOX_QUEUE, 0), {});
  const close = async (): Promise<void> => {
    await Promise.all([...embed, inbox].map((queue) => queue.close()));
    connection.close();
  };
  try {
    await connection.untilReady(embed);
  } catch (error) {
    await close().catch(options.onError);
    throw error;
  }
  const lines = embed.map((queue) => makeFairLine(queue, () => performance.now()));
  return {
    async addEmbedJobs(jobs, arrival) {
      const adding = lines.map((line, shard) =>
        line.add(
          jobs.filter(({ job }) => shardOf(job, lines.length) === shard),
          arrival,
        ),
      );
      const failed = (await Promise.allSettled(adding)).find((added) => added.status === "rejected");
      if (failed !== undefined) throw asQueueError(failed.reason);
    },
    async countEmbedJobs() {
      const counts = await Promise.all(
        embed.map((queue) => queue.getJobCountByTypes("waiting", "prioritized", "delayed", "active")),
      ).catch((error: unknown) => {
        throw asQueueError(error);
      });
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async takeLoss() {
      const marked = await Promise.all(places.map((place) => connection.mark(place))).catch((error: unknown) => {
        throw asQueueError(error);
      });
      return marked.includes(true);
    },
    consumeEmbedJobs(handle, { concurrency, onError }) {
      const ofOneShard = {
        concurrency: jobsAShard(concurrency, places.length),
        onError: withoutRepeats(onError, QUIET_MS),
      };
      return together(
        places.map((place) =>
          consume(connection, place, (data, about) => handle({ ...parseEmbedJobData(data), ...about }), ofOneShard),
        ),
      );
    },
    consumeInbox: (handle, { concurrency, onError }) =>
      consume(connection, placeOf(backend, INBOX_QUEUE, 0), (data, { name }) => handle(data, name), {
        concurrency,
        onError: withoutRepeats(onError, QUIET_MS),
      }),
    async countInboxJobs() {
      const { failed = 0, ...others } = await inbox.getJobCounts(
        "waiting",
        "prioritized",
        "delayed",
        "active",
        "failed",
      );
      return { waiting: Object.values(others).reduce((sum, count) => sum + count, 0), failed };
    },
    all: () => [...embed, inbox],
    close,
  };
}

/** The Postgres backend keeps all queues in the same tables, so there is nothing to spread. */
function shardsOf(backend: QueueBackend): number {
  return backend.kind === "redis" ? backend.shards : 1;
}

function placeOf(backend: QueueBackend, name: string, shard: number): QueuePlace {
  return { name, prefix: backend.kind === "redis" ? shardPrefix(backend.prefix, shard) : "" };
}
