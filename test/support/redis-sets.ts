import { chmod, mkdtemp } from "node:fs/promises";
import { shardPrefix } from "@polyseme/queue";
import { Redis } from "ioredis";
import { startRedis } from "../../infra/local/servers.ts";
import { readState, type RedisKind, type ServerRecord } from "../../infra/local/state.ts";
import { SERVERS_PREFIX } from "./servers.ts";

/** A Redis of several processes that the test has to itself. */
export interface TestRedisSet {
  readonly redisUrl: string;
  /** A client for one of its processes. */
  client(port: number): Redis;
  /** The processes that are masters now. */
  masters(): Promise<ServerRecord[]>;
  stop(): Promise<void>;
}

export async function startRedisSet(kind: Exclude<RedisKind, "single">): Promise<TestRedisSet> {
  const dir = await mkdtemp(`${SERVERS_PREFIX}${process.pid}-`);
  await chmod(dir, 0o755);
  const { redisUrl, stop } = await startRedis({ dir, redis: kind, log: () => undefined });
  const clients: Redis[] = [];
  const client = (port: number): Redis => {
    const made = new Redis({ port, retryStrategy: null, commandTimeout: 2_000 });
    made.on("error", () => undefined);
    clients.push(made);
    return made;
  };
  return {
    redisUrl,
    client,
    async masters() {
      const servers = (await readState(dir))?.redis?.servers ?? [];
      const isMaster = await Promise.all(
        servers.map(async ({ port }) => {
          const asked = client(port);
          try {
            return (await asked.info("replication")).includes("role:master");
          } catch {
            return false;
          } finally {
            asked.disconnect();
          }
        }),
      );
      return servers.filter((_, index) => isMaster[index]);
    },
    async stop() {
      for (const one of clients) one.disconnect();
      await stop();
    },
  };
}

/** How many embed jobs each process of a Cluster has been given, by port. */
export async function embedJobsSeen(set: TestRedisSet, prefix: string, shards: number): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  for (const { port } of await set.masters()) {
    const client = set.client(port);
    let jobs = 0;
    for (let shard = 0; shard < shards; shard += 1)
      // A node answers for its own slots only.
      jobs += await client.xlen(`${shardPrefix(prefix, shard)}:polyseme-embed:events`).catch(() => 0);
    client.disconnect();
    if (jobs > 0) seen.set(port, jobs);
  }
  return seen;
}
