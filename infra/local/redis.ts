import { access, chown, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { makePrivate } from "./account.ts";
import type { Account } from "./command.ts";
import { freePort, HOST, type Server } from "./keep-running.ts";
import { spawnDetached, type StopSignals } from "./process-identity.ts";

export const REDIS_STOP: StopSignals = [
  ["SIGTERM", 10_000],
  ["SIGKILL", 5_000],
];

/** Shorter than a real cluster would have it, so that tests and people see a failover soon. */
const CLUSTER_NODE_TIMEOUT_MS = 2_000;
const SENTINEL_DOWN_MS = 1_500;
const SENTINEL_FAILOVER_MS = 6_000;
const SENTINEL_QUORUM = 2;
/** What the sentinels call the master. */
export const MASTER_NAME = "polyseme";

/** Where a Redis process keeps its things, and as whom it runs. */
export interface RedisPlace {
  readonly program: string;
  /** Folder for the data and logs of all servers. */
  readonly home: string;
  /** Its own folder in it. */
  readonly name: string;
  readonly account: Account | undefined;
}

/** Where to find a Redis on this port. */
export function redisUrlOf(port: number): string {
  return `redis://${HOST}:${port}`;
}

/** A Redis open to this machine alone that keeps queues: it never evicts, and writes what it is told. */
export function redisServer(place: RedisPlace): Server {
  return redisProcess("Redis", place, [], () => Promise.resolve(dataSettings(place)));
}

/** A node that can be part of a Cluster; what it learns about the others is in its own file. */
export function clusterNode(place: RedisPlace): Server {
  return redisProcess("A Redis Cluster node", place, [], async () => [
    ...dataSettings(place),
    "cluster-enabled yes",
    "cluster-config-file nodes.conf",
    `cluster-node-timeout ${CLUSTER_NODE_TIMEOUT_MS}`,
    // Free port + 10000, its default, may be beyond the last port.
    `cluster-port ${await freePort()}`,
  ]);
}

/** A Redis that follows the one on `masterPort` at first; later the sentinels decide and write it into its settings. */
export function replicaServer(place: RedisPlace, masterPort: number): Server {
  return redisProcess("The replica", place, [], () =>
    Promise.resolve([...dataSettings(place), `replicaof ${HOST} ${masterPort}`]),
  );
}

/** One that watches the master on `masterPort` and, with another of its kind, puts the replica in its place. */
export function sentinelServer(place: RedisPlace, masterPort: number): Server {
  return redisProcess("A sentinel", place, ["--sentinel"], () =>
    Promise.resolve([
      `sentinel monitor ${MASTER_NAME} ${HOST} ${masterPort} ${SENTINEL_QUORUM}`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${SENTINEL_DOWN_MS}`,
      `sentinel failover-timeout ${MASTER_NAME} ${SENTINEL_FAILOVER_MS}`,
    ]),
  );
}

function dataSettings({ home, name }: RedisPlace): string[] {
  return [
    `dir "${join(home, name)}"`,
    "appendonly yes",
    "appendfsync everysec",
    "maxmemory-policy noeviction",
    'save ""',
  ];
}

/** A Redis process with its settings in a file, which it may rewrite itself and which a later start finds again. */
function redisProcess(
  name: string,
  place: RedisPlace,
  args: readonly string[],
  settings: () => Promise<string[]>,
): Server {
  const folder = join(place.home, place.name);
  const logFile = join(place.home, `${place.name}.log`);
  const file = join(folder, "redis.conf");
  return {
    name,
    logFile,
    stopSignals: REDIS_STOP,
    async start(port) {
      await makePrivate(folder, place.account);
      const first = `port ${port}`;
      const found = await readFile(file, "utf8").catch(() => "");
      if (!found.split("\n").includes(first)) {
        await writeFile(file, [first, `bind ${HOST}`, "daemonize no", ...(await settings()), ""].join("\n"));
        if (place.account !== undefined) await chown(file, place.account.uid, place.account.gid);
      }
      return spawnDetached(place.program, [file, ...args], { logFile, cwd: folder, account: place.account });
    },
    async check(port) {
      await access(folder);
      await checkRedis(port);
    },
  };
}

/** Returns when the server on this port answers a PING, which it does once its data is loaded. */
export function checkRedis(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, timeout: 3_000 });
    let answer = "";
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(`Redis on port ${port}: ${reason}`));
    };
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write("PING\r\n"));
    socket.on("error", (error) => {
      fail(error.message);
    });
    socket.on("timeout", () => {
      fail("no answer");
    });
    socket.on("close", () => {
      fail("closed the connection");
    });
    socket.on("data", (text: string) => {
      answer += text;
      if (!answer.includes("\r\n")) return;
      if (!answer.startsWith("+PONG")) {
        fail(answer.trim());
        return;
      }
      resolve();
      socket.destroy();
    });
  });
}
