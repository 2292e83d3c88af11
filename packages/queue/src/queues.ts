import type { Queue } from "bullmq";
import { connect, type QueueBackend, type QueuePlace } from "./connection.ts";
import { consume, together, type Consumer, type ConsumerOptions } from "./consumer.ts";
import {
  bullPriority,
  EMBED_QUEUE,
  embedJobId,
  INBOX_QUEUE,
  parseEmbedJobData,
  toEmbedJobData,
  type EmbedJob,
} from "./payloads.ts";
import { jobsAShard, shardOf, shardPrefix } from "./shards.ts";
import { withoutRepeats } from "./without-repeats.ts";

/** While Redis is away its clients fail several times a second, all with the same words. */
const QUIET_MS = 5_000;

/** The queues of one process. */
export interface Queues {
  /**
   * Adds jobs; one that is there already (same job, same attempts) is left as it is. Where one shard cannot be reached,
   * the jobs of the others are added all the same before it throws.
   */
  addEmbedJobs(jobs: readonly EmbedJob[]): Promise<void>;
  /** Jobs waiting, delayed or running, in all shards. Also the test that the backend answers. */
  countEmbedJobs(): Promise<number>;
  /** Takes jobs of every shard. */
  consumeEmbedJobs(
    handle: (job: Pick<EmbedJob, "collectionId" | "documents">) => Promise<void>,
    options: ConsumerOptions,
  ): Consumer;
  /** Jobs as outside producers made them: `data` is not checked yet. */
  consumeInbox(handle: (data: unknown, jobName: string) => Promise<void>, options: ConsumerOptions): Consumer;
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
  const close = async (): Promise<void> => {
    await Promise.all(embed.map((queue) => queue.close()));
    connection.close();
  };
  try {
    await connection.untilReady(embed);
  } catch (error) {
    await close().catch(options.onError);
    throw error;
  }
  return {
    async addEmbedJobs(jobs) {
      const adding = embed.map((queue, shard) =>
        addJobs(
          queue,
          jobs.filter(({ job }) => shardOf(job, embed.length) === shard),
        ),
      );
      const failed = (await Promise.allSettled(adding)).find((added) => added.status === "rejected");
      if (failed !== undefined) throw failed.reason as Error;
    },
    async countEmbedJobs() {
      const counts = await Promise.all(
        embed.map((queue) => queue.getJobCountByTypes("waiting", "prioritized", "delayed", "active")),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
    consumeEmbedJobs(handle, { concurrency, onError }) {
      const ofOneShard = {
        concurrency: jobsAShard(concurrency, places.length),
        onError: withoutRepeats(onError, QUIET_MS),
      };
      return together(
        places.map((place) => consume(connection, place, (data) => handle(parseEmbedJobData(data)), ofOneShard)),
      );
    },
    consumeInbox: (handle, { concurrency, onError }) =>
      consume(connection, placeOf(backend, INBOX_QUEUE, 0), handle, {
        concurrency,
        onError: withoutRepeats(onError, QUIET_MS),
      }),
    close,
  };
}

async function addJobs(queue: Queue, jobs: readonly EmbedJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await queue.addBulk(
    jobs.map((job) => ({
      name: "documents",
      data: toEmbedJobData(job),
      opts: { jobId: embedJobId(job), priority: bullPriority(job.priority) },
    })),
  );
}

/** The Postgres backend keeps all queues in the same tables, so there is nothing to spread. */
function shardsOf(backend: QueueBackend): number {
  return backend.kind === "redis" ? backend.shards : 1;
}

function placeOf(backend: QueueBackend, name: string, shard: number): QueuePlace {
  return { name, prefix: backend.kind === "redis" ? shardPrefix(backend.prefix, shard) : "" };
}
