import {
  stopInOrder,
  type Config,
  type Log,
  type Metrics,
  type StopSignals,
  type StopStep,
  type Tracing,
} from "@polyseme/core";
import type { FastifyPluginAsync } from "fastify";
import { buildApp, type App, type UnbuiltRoute } from "./app.ts";
import type { Probe } from "./health-routes.ts";
import type { KeyRing } from "./key-ring.ts";

/** A part of a process: what it answers, what it does in the background, how it stops. */
export interface Service {
  readonly name: string;
  readonly routes?: FastifyPluginAsync;
  readonly probes: readonly Probe[];
  /** Brings the service's own gauges up to date before the metrics are read. */
  readonly refreshMetrics?: () => Promise<void>;
  /** Begins background work; called when the process listens. */
  start(): void;
  /** In order; `abandon` is aborted when the process is told to stop a second time. */
  stopSteps(abandon: AbortSignal): readonly StopStep[];
}

export interface ServeOptions {
  readonly title: string;
  readonly config: Pick<Config, "host" | "port" | "corsOrigins">;
  readonly keys: KeyRing;
  readonly defaultPort: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly services: readonly Service[];
  readonly unbuiltRoutes: readonly UnbuiltRoute[];
  readonly signals: StopSignals;
  /** Brings the gauges that every process has up to date before the metrics are read. */
  readonly refreshMetrics: () => Promise<void>;
  /** Told the URL once it listens. */
  readonly onListening: (url: string) => Promise<void> | void;
  /** Last steps, when nothing uses them any more: pools, models. */
  readonly closeSteps: readonly StopStep[];
}

/** Requests in flight may finish in this time; a ticket's long wait is cut. */
const CLOSE_HTTP_MS = 5_000;
const CUT_CONNECTIONS_MS = 3_000;

/**
 * Listens, serves until told to stop, then stops in order: the door first, the work behind it, what the work used last.
 * @throws Error when it cannot listen, AggregateError when the stop was not clean
 */
export async function serve(options: ServeOptions): Promise<void> {
  const app = buildApp({
    title: options.title,
    version: VERSION,
    log: options.log,
    metrics: options.metrics,
    tracing: options.tracing,
    keys: options.keys,
    corsOrigins: options.config.corsOrigins,
    probes: options.services.flatMap(({ probes }) => probes).filter(isFirstOfItsName),
    unbuiltRoutes: options.unbuiltRoutes,
    stop: options.signals.stop,
    refreshMetrics: () =>
      refreshAll([options.refreshMetrics, ...options.services.flatMap(({ refreshMetrics }) => refreshMetrics ?? [])]),
  });
  for (const { routes } of options.services) if (routes !== undefined) void app.register(routes);
  try {
    const url = await app.listen({ host: options.config.host, port: options.config.port ?? options.defaultPort });
    for (const service of options.services) service.start();
    options.log.info({ url }, "serving");
    await options.onListening(url);
    await aborted(options.signals.stop);
    options.log.info("stopping");
  } finally {
    await stopInOrder([
      { name: "the HTTP server", withinMs: CLOSE_HTTP_MS, stop: () => closeHttp(app) },
      ...options.services.flatMap((service) => service.stopSteps(options.signals.abandon)),
      ...options.closeSteps,
    ]);
  }
  options.log.info("stopped");
}

/** Waits for every one, so that gauges from Postgres are fresh also while Redis is away; then says what failed. */
async function refreshAll(refreshes: readonly (() => Promise<void>)[]): Promise<void> {
  const failed = (await Promise.allSettled(refreshes.map((refresh) => refresh()))).find(
    ({ status }) => status === "rejected",
  );
  if (failed?.status === "rejected") throw failed.reason;
}

/** Connections still open some time after the stop began belong to callers that go on sending; they are cut. */
async function closeHttp(app: App): Promise<void> {
  const cut = setTimeout(() => {
    app.server.closeAllConnections();
  }, CUT_CONNECTIONS_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}

export const VERSION = "0.1.0";

function isFirstOfItsName(probe: Probe, index: number, all: readonly Probe[]): boolean {
  return all.findIndex(({ name }) => name === probe.name) === index;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
