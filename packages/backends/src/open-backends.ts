import { runMigrations, type PgPool } from "bullmq";
import type { BackendConfig } from "@polyseme/core";
import { openQueues, type Queues } from "@polyseme/queue";
import { asStoreError, migrate, openPostgres, outliveErrors, poolUse } from "@polyseme/store";
import pg from "pg";
import type { BackendOptions, Backends, NamedPool } from "./backends.ts";
import { openEmbedded } from "./open-embedded.ts";

/** Pooled connections a process may hold: its writers and readers, with room for a reconciler and health checks. */
const MAX_CONNECTIONS = 16;
/** BullMQ's own on Postgres: each consumer holds one to listen on. */
const MAX_QUEUE_CONNECTIONS = 16;

/**
 * The one place that chooses between the embedded stack and real servers.
 * @throws PolysemeError `unavailable` when a server cannot be reached, `conflict` when the data folder is taken
 */
export async function openBackends(config: BackendConfig, options: BackendOptions): Promise<Backends> {
  switch (config.kind) {
    case "embedded":
      return openEmbedded(config.dataDir, options);
    case "postgres":
      return openServers(config, await openPostgresQueues(config.databaseUrl, options), options);
    case "servers": {
      const { redis: address, queuePrefix: prefix, queueShards: shards } = config;
      const queues = await openQueues({ kind: "redis", address, prefix, shards }, options);
      return openServers(config, { queues, pools: () => [] }, options);
    }
    default:
      throw new Error(`Unknown backend ${String(config satisfies never)}`);
  }
}

interface OpenedQueues extends Pick<Backends, "pools"> {
  readonly queues: Queues;
}

async function openServers(
  config: Exclude<BackendConfig, { kind: "embedded" }>,
  { queues, pools }: OpenedQueues,
  options: BackendOptions,
): Promise<Backends> {
  const database = openPostgres(config.databaseUrl, { maxConnections: MAX_CONNECTIONS, onIdleError: options.onError });
  const close = async (): Promise<void> => {
    await queues.close();
    await database.close();
  };
  try {
    await migrate(database);
  } catch (error) {
    await close();
    throw error;
  }
  const store = (): NamedPool => ({ name: "store", ...database.use() });
  return {
    kind: config.kind,
    database,
    queues,
    pools: () => [store(), ...pools()],
    publishUrl: () => Promise.resolve(),
    close,
  };
}

/** BullMQ's queues in the same Postgres, on a pool of their own. */
async function openPostgresQueues(databaseUrl: string, options: BackendOptions): Promise<OpenedQueues> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: MAX_QUEUE_CONNECTIONS,
    keepAlive: true,
    // BullMQ names its tables without a schema.
    options: "-c search_path=bullmq,public",
  });
  pool.on("error", options.onError);
  pool.on("connect", outliveErrors);
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client);
    } finally {
      client.release();
    }
    const queues = await openQueues({ kind: "postgres", pool: pool as unknown as PgPool }, options);
    return {
      queues: {
        ...queues,
        async close() {
          await queues.close();
          await pool.end();
        },
      },
      pools: () => [{ name: "queue", ...poolUse(pool) }],
    };
  } catch (error) {
    await pool.end();
    throw asStoreError(error);
  }
}
