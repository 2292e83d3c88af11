import { pause } from "@polyseme/core";
import pg from "pg";
import { startProxy, type Proxy } from "./proxy.ts";
import type { Random } from "./random.ts";
import { startFaultServers, type FaultServers, type ServerName } from "./servers.ts";
import { supervise, type Supervised } from "./services.ts";

/** Everything that one run has to itself. */
export interface World {
  readonly servers: FaultServers;
  readonly proxies: Readonly<Record<ServerName, Proxy>>;
  readonly ingest: Supervised;
  readonly api: Supervised;
  readonly embedders: readonly Supervised[];
  readonly services: readonly Supervised[];
  readonly queuePrefix: string;
  /** Asks Postgres itself, past the proxy; waits while it is away. */
  sql<Row extends object>(text: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Waits until every service is up and ready. @throws Error */
  ready(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly embedders: number;
  /** Chooses which services reach the servers through the proxies. */
  readonly random: Random;
  readonly diskMb?: number | undefined;
}

/** One thread each, as several embedders share few cores; a fixed batch spares each start its measuring. */
const SETTINGS = {
  POLYSEME_ENCODER_THREADS: "1",
  POLYSEME_BATCH_TOKENS: "512",
  POLYSEME_LOG_LEVEL: "warn",
  POLYSEME_PORT: "0",
};
const QUEUE_PREFIX = "{faults}";
const SQL_MS = 30_000;
const START_MS = 60_000;
const POLL_MS = 50;

export async function startWorld(options: WorldOptions): Promise<World> {
  const servers = await startFaultServers(options.diskMb);
  const proxies: Partial<Record<ServerName, Proxy>> = {};
  const services: Supervised[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    await servers.stop();
  };
  try {
    const redis = (proxies.redis = await startProxy(servers.ports.redis));
    const postgres = (proxies.postgres = await startProxy(servers.ports.postgres));
    const throughProxy = {
      DATABASE_URL: onPort(servers.databaseUrl, postgres.port),
      REDIS_URL: onPort(servers.redisUrl, redis.port),
    };
    const direct = { DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl };
    const start = (name: string, service: "ingest" | "embedder" | "api", proxied: boolean): Supervised => {
      const made = supervise({
        name,
        entry: `services/${service}/src/main.ts`,
        settings: {
          ...SETTINGS,
          ...(proxied ? throughProxy : direct),
          POLYSEME_QUEUE_PREFIX: QUEUE_PREFIX,
        },
        servicesFile: servers.servicesFile,
      });
      services.push(made);
      return made;
    };
    // Both ways in each world, so that a cut and a refusal are both seen; the first embedder and the door have the proxy.
    const ingest = start("ingest", "ingest", true);
    const api = start("api", "api", options.random.chance(0.5));
    const embedders = Array.from({ length: options.embedders }, (_, i) =>
      start(`embedder-${i + 1}`, "embedder", i === 0 || options.random.chance(0.5)),
    );
    const world: World = {
      servers,
      proxies: { redis, postgres },
      ingest,
      api,
      embedders,
      services,
      queuePrefix: QUEUE_PREFIX,
      sql: (text, params) => ask(servers.databaseUrl, text, params),
      async ready(withinMs) {
        await Promise.all(services.map((service) => untilReady(service, withinMs)));
      },
      stop,
    };
    await world.ready(START_MS);
    return world;
  } catch (error) {
    await stop();
    throw error;
  }
}

function onPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function untilReady(service: Supervised, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  let last = "it did not answer";
  while (performance.now() < deadline) {
    try {
      const url = await service.url(Math.max(1, deadline - performance.now()));
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      if (answer.ok) return;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = String(error);
    }
    await pause(POLL_MS);
  }
  throw new Error(`${service.name} is not ready within ${withinMs} ms: ${last}\n${service.log().slice(-2_000)}`);
}

async function ask<Row extends object>(
  databaseUrl: string,
  text: string,
  params: readonly unknown[] = [],
): Promise<Row[]> {
  const deadline = performance.now() + SQL_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(text, [...params])).rows;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(POLL_MS);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
