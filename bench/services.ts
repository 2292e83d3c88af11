import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@polyseme/core";
import { HttpCaller, waitUntil } from "../test/support/http.ts";
import { startServeAll, startService, type ServiceProcess } from "../test/support/processes.ts";
import { freshServers } from "../test/support/stack.ts";
import type { BenchContext } from "./context.ts";

/** One process, reached over HTTP. */
export type ServiceCaller = HttpCaller & { readonly pid: number };

/** The pipeline as users run it: a process a service, on a fresh database and queue. */
export interface Services {
  readonly ingest: ServiceCaller;
  readonly embedders: readonly ServiceCaller[];
  readonly api: ServiceCaller;
  /** Settings with which another service joins them. */
  readonly environment: Environment & { readonly DATABASE_URL: string };
  /** Ends the processes and drops the database; also done at the end of the benchmark when it was not called. */
  readonly stop: () => Promise<void>;
}

export interface ServiceOptions {
  /** For all three of them. */
  readonly settings?: Environment;
  /** Embedder processes; 1 by default. */
  readonly embedders?: number;
}

const READY_MS = 60_000;

/** Resolves when every process answers on /readyz: models are loaded and connections are open. */
export async function startServices(context: BenchContext, options: ServiceOptions = {}): Promise<Services> {
  const { databaseUrl, redisUrl } = await context.servers();
  const fresh = await freshServers(databaseUrl, redisUrl);
  const environment = { POLYSEME_LOG_LEVEL: "error", ...options.settings, ...fresh.environment };
  const started: ServiceProcess[] = [];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= Promise.all(started.map((service) => service.end("SIGTERM"))).then(() => fresh.drop());
    return stopped;
  };
  context.atEnd(stop);
  const start = async (name: "ingest" | "embedder" | "api"): Promise<ServiceCaller> => {
    const service = await startService(name, environment);
    started.push(service);
    const http = Object.assign(new HttpCaller(service.url), { pid: service.pid });
    await untilReady(name, service.url);
    return http;
  };
  // The first makes the tables.
  const ingest = await start("ingest");
  const [api, ...embedders] = await Promise.all([
    start("api"),
    ...Array.from({ length: options.embedders ?? 1 }, () => start("embedder")),
  ]);
  return { ingest, embedders, api, environment, stop };
}

/** The embedded stack as users run it: `polyseme serve all` in one process, on a data folder of its own. */
export async function startEmbedded(
  context: BenchContext,
  settings: Environment = {},
): Promise<ServiceCaller & { readonly stop: () => Promise<unknown> }> {
  const dataDir = await mkdtemp(join(tmpdir(), "polyseme-bench-data-"));
  context.atEnd(() => rm(dataDir, { recursive: true, force: true }));
  const service = await startServeAll({ POLYSEME_LOG_LEVEL: "error", ...settings, POLYSEME_DATA_DIR: dataDir });
  const stop = (): Promise<unknown> => service.end("SIGTERM");
  context.atEnd(stop);
  await untilReady("the embedded stack", service.url);
  return Object.assign(new HttpCaller(service.url), { pid: service.pid, stop });
}

async function untilReady(name: string, url: string): Promise<void> {
  await waitUntil(`${name} is ready`, async () => (await fetch(`${url}/readyz`)).status === 200, READY_MS);
}
