import type { RedisAddress } from "@polyseme/core";
import { Cluster, Redis, type ClusterOptions, type DNSLookupFunction, type RedisOptions } from "ioredis";

/**
 * producing  answers soon, whatever the state of Redis: a caller waits
 * consuming  waits for Redis for ever: nobody does
 */
export type RedisRole = "producing" | "consuming";

/** Replies stay in the form that BullMQ knows, so nobody says how to map them. */
type ServerOptions = Omit<RedisOptions, "replyMapping">;

const CONNECT_MS = 5_000;
/** A producer's command that has no answer by now has failed. */
const PRODUCER_ANSWER_MS = 1_500;
/**
 * A connection whose peer owes an answer for this long is replaced, so that a master that hangs without dying is left for
 * the one that took over. Longer than a consumer blocks (10 s at most).
 */
const SILENT_MS = { producing: 5_000, consuming: 15_000 } as const;
/** Between tries of one command on a Cluster whose slot nobody serves just now. */
const FAILOVER_STEP_MS = 100;
/** Tries of one command on a Cluster: a producer's within a second, a consumer's until long after any failover. */
const CLUSTER_TRIES = { producing: 8, consuming: 10_000 } as const;

/** A client that connects by itself, again and again, until it is disconnected. */
export function openRedis(address: RedisAddress, role: RedisRole): Redis | Cluster {
  switch (address.kind) {
    case "single":
      return new Redis(address.url, serverOptions(role));
    case "cluster":
      return new Cluster([...address.nodes], clusterOptions(address, role));
    case "sentinel":
      return new Redis(sentinelOptions(address, role));
    default:
      throw new Error(`Unknown address ${String(address satisfies never)}`);
  }
}

function sentinelOptions(address: Extract<RedisAddress, { kind: "sentinel" }>, role: RedisRole): ServerOptions {
  const { sentinels, sentinelLogin, name, login, db, tls } = address;
  return {
    ...serverOptions(role),
    ...login,
    sentinels: [...sentinels],
    ...(sentinelLogin.username !== undefined && { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password !== undefined && { sentinelPassword: sentinelLogin.password }),
    sentinelRetryStrategy: reconnectAfterMs,
    sentinelCommandTimeout: PRODUCER_ANSWER_MS,
    name,
    db,
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
  };
}

function clusterOptions(address: Extract<RedisAddress, { kind: "cluster" }>, role: RedisRole) {
  return {
    redisOptions: { ...commonOptions(role), ...address.login, ...(address.tls && { tls: {} }) },
    // Certificates are made out for names.
    ...(address.tls && { dnsLookup: keepName }),
    clusterRetryStrategy: reconnectAfterMs,
    // A producer would wait in it for as long as the Cluster is away.
    enableOfflineQueue: role === "consuming",
    maxRedirections: CLUSTER_TRIES[role],
    retryDelayOnFailover: FAILOVER_STEP_MS,
    retryDelayOnClusterDown: FAILOVER_STEP_MS,
    retryDelayOnMoved: role === "consuming" ? FAILOVER_STEP_MS / 2 : 0,
  } satisfies ClusterOptions;
}

const keepName: DNSLookupFunction = (name, callback) => {
  callback(null, name);
};

function serverOptions(role: RedisRole): ServerOptions {
  return {
    ...commonOptions(role),
    maxRetriesPerRequest: role === "producing" ? 1 : null,
    retryStrategy: reconnectAfterMs,
    // The master of before has become a replica: ask anew who is the master, then send the command again.
    reconnectOnError: (error) => (error.message.includes("READONLY") ? 2 : false),
  };
}

function commonOptions(role: RedisRole): ServerOptions {
  return {
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS[role],
    ...(role === "producing" && { commandTimeout: PRODUCER_ANSWER_MS }),
  };
}

/** Doubles from 100 ms to two seconds. */
function reconnectAfterMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);
}
