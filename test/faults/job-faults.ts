import { parseRedisUrl } from "@polyseme/core";
import { openQueues } from "@polyseme/queue";
import { Redis } from "ioredis";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** Tries until Redis is back from another fault. */
const REDIS_MS = 15_000;
const DUPLICATED = 64;
const DAY_MS = 86_400_000;

/** A client that waits for Redis a while and is closed whatever happens. */
async function withRedis(world: World, work: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(world.servers.redisUrl, { maxRetriesPerRequest: null, commandTimeout: REDIS_MS });
  redis.on("error", () => undefined);
  try {
    await work(redis);
  } finally {
    redis.disconnect();
  }
}

export function emptyRedis(world: World): Promise<void> {
  return withRedis(world, async (redis) => {
    await redis.flushall();
  });
}

/** Takes the jobs out of Redis without a sign of it, so that each document is missed only when its own time has come. */
export function loseJobs(world: World): Promise<void> {
  return withRedis(world, async (redis) => {
    const keys = (await redis.keys("*")).filter((key) => !key.endsWith(":polyseme-mark"));
    if (keys.length > 0) await redis.del(keys);
  });
}

/**
 * Puts documents in the queue once more, whatever their state: some under a job number of their own, some as the very job
 * that carried them, of which nothing may be left any more.
 */
export async function duplicateJobs(world: World, random: Random): Promise<void> {
  const rows = await world.sql<{
    id: string;
    revision: string;
    collection: number;
    job: string;
    attempts: number;
  }>(`select id, revision, collection_id as collection, job, attempts from polyseme_store.documents order by id`);
  const chosen = random.some(rows, DUPLICATED);
  const queues = await openQueues(
    { kind: "redis", address: parseRedisUrl(world.servers.redisUrl), prefix: world.queuePrefix, shards: 1 },
    { onError: () => undefined },
  );
  try {
    await queues.addEmbedJobs(
      chosen.map(({ id, revision, collection, job, attempts }) => ({
        job: random.chance(0.5) ? Number(job) : random.int(1, 2 ** 40),
        // As before the run, and as now.
        attempts: random.chance(0.5) ? attempts : 0,
        priority: 0,
        characters: 0,
        collectionId: collection,
        // Now and then one that was never given out.
        documents: [{ id, revision: Number(revision) + (random.chance(0.1) ? 1_000_000 : 0) }],
      })),
      random.chance(0.5) ? "new" : "again",
    );
  } finally {
    await queues.close();
  }
}

/** Gives queued jobs times that no clock of this machine shows. */
export function jumpClocks(world: World, random: Random): Promise<void> {
  return withRedis(world, async (redis) => {
    const keys = await redis.keys(`${world.queuePrefix.replace(/[{}]/g, "\\$&")}:polyseme-embed:j*`);
    for (const key of keys.filter((name) => !name.endsWith(":lock")).sort()) {
      if (!random.chance(0.5) || (await redis.type(key)) !== "hash") continue;
      const jumpMs = random.pick([-365, -1, 1, 365]) * DAY_MS;
      // Only where the job is still there: a hash of two fields alone would be a job that nobody made.
      await redis.eval(
        "if redis.call('exists', KEYS[1]) == 1 then redis.call('hset', KEYS[1], 'timestamp', ARGV[1], 'delay', ARGV[2]) end",
        1,
        key,
        Date.now() + jumpMs,
        random.chance(0.5) ? Math.max(0, jumpMs) : 0,
      );
    }
  });
}
