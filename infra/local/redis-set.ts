import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Context } from "./command.ts";
import { HOST, keepRunning, type Server } from "./keep-running.ts";
import { isRunning, stopProcess } from "./process-identity.ts";
import {
  checkRedis,
  clusterNode,
  MASTER_NAME,
  REDIS_STOP,
  redisServer,
  redisUrlOf,
  replicaServer,
  sentinelServer,
  type RedisPlace,
} from "./redis.ts";
import type { RedisKind, RedisSet, ServerRecord } from "./state.ts";

/** Three masters, then the replica of each; or the first master, its replica, then the sentinels. */
const CLUSTER_MASTERS = 3;
const CLUSTER_NODES = 6;
const SENTINELS = 3;
const SLOTS = 16_384;
const AGREE_MS = 30_000;
const POLL_MS = 50;

type Here = Omit<RedisPlace, "name">;

/**
 * Every Redis of the set, running, and agreed on who is who: started where nothing is recorded, started again on the data
 * and port it has where one has ended.
 * @param save called whenever a process was started, so that it can be found again whatever happens next
 * @throws Error when a port was taken by another program meanwhile, or the members do not agree: then `down`, then `up`
 */
export async function keepRedisSet(
  kind: RedisKind,
  here: Here,
  recorded: readonly ServerRecord[],
  save: (set: RedisSet) => Promise<void>,
  context: Context,
): Promise<RedisSet> {
  const servers = [...recorded];
  for (const [index, makeServer] of membersOf(kind, here).entries()) {
    const server = makeServer(servers[0]?.port ?? 0);
    const before = recorded[index];
    const record = await keepRunning(
      server,
      before,
      (started) => {
        servers[index] = started;
        return save({ kind, servers });
      },
      context,
    );
    if (kind !== "single" && before !== undefined && record.port !== before.port)
      throw new Error(`${server.name} lost its port ${before.port}, by which the others know it. ${START_OVER}`);
    servers[index] = record;
  }
  const set = { kind, servers };
  if (kind === "cluster") await formCluster(set, context);
  await untilAgreed(set, context);
  return set;
}

/** Returns when all members run, answer and agree; throws when one does not. */
export async function checkRedisSet(set: RedisSet): Promise<void> {
  for (const server of set.servers)
    if (!(await isRunning(server))) throw new Error(`The Redis on port ${server.port} has ended`);
  await Promise.all(set.servers.map(({ port }) => checkRedis(port)));
  if (!(await agree(set))) throw new Error("They do not agree on who is who");
}

export async function stopRedisSet({ servers }: RedisSet): Promise<void> {
  await Promise.all(servers.map((server) => stopProcess("Redis", server, REDIS_STOP)));
}

/** The set's REDIS_URL. */
export function redisUrlOfSet({ kind, servers }: RedisSet): string {
  switch (kind) {
    case "single":
    case "cluster":
      return servers.map(({ port }) => redisUrlOf(port)).join(",");
    case "sentinel": {
      const hosts = sentinelsOf(servers).map(({ port }) => `${HOST}:${port}`);
      return `sentinel://${hosts.join(",")}/${MASTER_NAME}`;
    }
    default:
      throw new Error(`Unknown kind ${String(kind satisfies never)}`);
  }
}

const START_OVER = "Run `npm run servers -- down`, then `up` again.";

function membersOf(kind: RedisKind, here: Here): ((firstPort: number) => Server)[] {
  switch (kind) {
    case "single":
      return [() => redisServer({ ...here, name: "redis" })];
    case "cluster":
      return Array.from(
        { length: CLUSTER_NODES },
        (_, i) => () => clusterNode({ ...here, name: `redis-node-${i + 1}` }),
      );
    case "sentinel":
      return [
        () => redisServer({ ...here, name: "redis-1" }),
        (masterPort) => replicaServer({ ...here, name: "redis-2" }, masterPort),
        ...Array.from(
          { length: SENTINELS },
          (_, i) => (masterPort: number) => sentinelServer({ ...here, name: `sentinel-${i + 1}` }, masterPort),
        ),
      ];
    default:
      throw new Error(`Unknown kind ${String(kind satisfies never)}`);
  }
}

function sentinelsOf(servers: readonly ServerRecord[]): readonly ServerRecord[] {
  return servers.slice(-SENTINELS);
}

/** Makes one Cluster of nodes that know nobody yet; leaves those that know each other as they are. */
async function formCluster({ servers }: RedisSet, context: Context): Promise<void> {
  await withClients(servers, async (nodes) => {
    const infos = await Promise.all(nodes.map(clusterInfo));
    if (infos.some((info) => info.get("cluster_known_nodes") !== "1" || info.get("cluster_slots_assigned") !== "0"))
      return;
    context.log("Making one Redis Cluster of them ...");
    const masters = nodes.slice(0, CLUSTER_MASTERS);
    for (const [index, master] of masters.entries()) {
      const from = Math.ceil((SLOTS * index) / CLUSTER_MASTERS);
      const to = Math.ceil((SLOTS * (index + 1)) / CLUSTER_MASTERS) - 1;
      await master.call("CLUSTER", "ADDSLOTSRANGE", from, to);
      await master.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
    }
    const [first, ...others] = nodes;
    for (const node of others) await first?.call("CLUSTER", "MEET", HOST, portOf(node), await busPortOf(node));
    await until("every node knows the others", context, async () =>
      (await Promise.all(nodes.map(clusterInfo))).every(
        (info) => info.get("cluster_known_nodes") === `${CLUSTER_NODES}`,
      ),
    );
    const ids = await Promise.all(masters.map((master) => master.call("CLUSTER", "MYID")));
    for (const [index, replica] of nodes.slice(CLUSTER_MASTERS).entries())
      await replica.call("CLUSTER", "REPLICATE", String(ids[index]));
  });
}

async function untilAgreed(set: RedisSet, context: Context): Promise<void> {
  await until("they agree on who is who", context, () => agree(set).catch(() => false));
}

async function agree(set: RedisSet): Promise<boolean> {
  switch (set.kind) {
    case "single":
      return true;
    case "cluster":
      return withClients(set.servers, async (nodes) => {
        const infos = await Promise.all(nodes.map(clusterInfo));
        return (
          infos.every(
            (info) => info.get("cluster_state") === "ok" && info.get("cluster_known_nodes") === `${CLUSTER_NODES}`,
          ) && (await countInSync(nodes)) === CLUSTER_NODES - CLUSTER_MASTERS
        );
      });
    case "sentinel":
      return withClients(set.servers, async (clients) => {
        const infos = await Promise.all(clients.slice(-SENTINELS).map((sentinel) => sentinel.info("sentinel")));
        return (
          infos.every((info) => /^master0:.*status=ok.*slaves=1,sentinels=3\r?$/m.test(info)) &&
          (await countInSync(clients.slice(0, -SENTINELS))) === 1
        );
      });
    default:
      throw new Error(`Unknown kind ${String(set.kind satisfies never)}`);
  }
}

/** Replicas that follow their master. */
async function countInSync(clients: readonly Redis[]): Promise<number> {
  const infos = await Promise.all(clients.map((client) => client.info("replication")));
  return infos.filter((info) => info.includes("role:slave") && info.includes("master_link_status:up")).length;
}

async function clusterInfo(node: Redis): Promise<Map<string, string>> {
  const text = String(await node.call("CLUSTER", "INFO"));
  return new Map(text.split(/\r?\n/).map((line) => line.split(":") as [string, string]));
}

async function busPortOf(node: Redis): Promise<string> {
  const [, port] = (await node.config("GET", "cluster-port")) as [string, string];
  return port;
}

function portOf(client: Redis): number {
  return client.options.port ?? 0;
}

async function withClients<T>(servers: readonly ServerRecord[], work: (clients: Redis[]) => Promise<T>): Promise<T> {
  const clients = servers.map(
    ({ port }) => new Redis({ host: HOST, port, lazyConnect: true, retryStrategy: null, commandTimeout: 3_000 }),
  );
  try {
    // What fails is reported by the command that needed it.
    for (const client of clients) client.on("error", () => undefined);
    await Promise.all(clients.map((client) => client.connect()));
    return await work(clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function until(what: string, context: Context, probe: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + AGREE_MS;
  while (!(await probe())) {
    context.signal?.throwIfAborted();
    if (Date.now() > deadline)
      throw new Error(`Waited ${AGREE_MS / 1_000} s for the Redis servers in vain until ${what}. ${START_OVER}`);
    await pause(POLL_MS);
  }
}
