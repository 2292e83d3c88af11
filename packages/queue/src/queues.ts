import {
  bullPriority,
  EMBED_QUEUE,
  embedJobId,
  INBOX_QUEUE,
  parseEmbedJobData,
  toEmbedJobData,
  type EmbedJob,
} from "./payloads.ts";
import { openQueue, type QueueBackend } from "./connection.ts";
import { consume, type Consumer, type ConsumerOptions } from "./consumer.ts";

/** The queues of one process. */
export interface Queues {
  /** Adds jobs; one that is there already (same job, same attempts) is left as it is. */
  addEmbedJobs(jobs: readonly EmbedJob[]): Promise<void>;
  /** Jobs waiting, delayed or running. Also the test that the backend answers. */
  countEmbedJobs(): Promise<number>;
  consumeEmbedJobs(
    handle: (job: Pick<EmbedJob, "collectionId" | "documents">) => Promise<void>,
    options: ConsumerOptions,
  ): Consumer;
  /** Jobs as outside producers made them: `data` is not checked yet. */
  consumeInbox(handle: (data: unknown, jobName: string) => Promise<void>, options: ConsumerOptions): Consumer;
  close(): Promise<void>;
}

/** @throws PolysemeError `unavailable` when the backend cannot be reached */
export async function openQueues(backend: QueueBackend, options: { onError: (error: Error) => void }): Promise<Queues> {
  const embed = await openQueue(backend, EMBED_QUEUE, {
    jobs: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
    onError: options.onError,
  });
  return {
    async addEmbedJobs(jobs) {
      if (jobs.length === 0) return;
      await embed.addBulk(
        jobs.map((job) => ({
          name: "documents",
          data: toEmbedJobData(job),
          opts: { jobId: embedJobId(job), priority: bullPriority(job.priority) },
        })),
      );
    },
    countEmbedJobs: () => embed.getJobCountByTypes("waiting", "prioritized", "delayed", "active"),
    consumeEmbedJobs: (handle, consumerOptions) =>
      consume(backend, EMBED_QUEUE, (data) => handle(parseEmbedJobData(data)), consumerOptions),
    consumeInbox: (handle, consumerOptions) => consume(backend, INBOX_QUEUE, handle, consumerOptions),
    close: () => embed.close(),
  };
}
