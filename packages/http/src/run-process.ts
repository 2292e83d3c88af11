import { openBackends, type Backends } from "@polyseme/backends";
import {
  isLoopback,
  makeLog,
  makeMetrics,
  messageOf,
  PolysemeError,
  type Config,
  type Log,
  type Metrics,
  type StopSignals,
  type StopStep,
  type Tracing,
} from "@polyseme/core";
import { openTracing } from "@polyseme/tracing";
import type { UnbuiltRoute } from "./app.ts";
import { makeKeyRing, type KeyRing } from "./key-ring.ts";
import { keyStoreOf, type KeyStore } from "./key-store.ts";
import { showPools } from "./pool-gauges.ts";
import { serve, VERSION, type Service } from "./serve.ts";

/** What a main.ts hands to its service. */
export interface RunOptions {
  readonly config: Config;
  readonly pid: number;
  readonly signals: StopSignals;
  /** Told the URL once it listens. */
  readonly onListening: (url: string) => Promise<void> | void;
}

export interface ProcessParts {
  readonly services: readonly Service[];
  /** What the services use, closed after them and before the connections. */
  readonly closeSteps: readonly StopStep[];
}

export interface ProcessContext {
  readonly backends: Backends;
  readonly keys: KeyRing;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

const CLOSE_BACKENDS_MS = 5_000;
const CLOSE_TRACING_MS = 5_000;
/** 96 bits in base64; the keys that we make have 256. */
const LEAST_KEY_CHARACTERS = 16;

/**
 * One process from connect to disconnect: opens the backends, makes the services on them, serves until told to stop.
 * @throws PolysemeError when something it needs is not there, AggregateError when the stop was not clean
 */
export async function runProcess(
  { config, pid, signals, onListening }: RunOptions,
  process: {
    readonly name: string;
    readonly defaultPort: number;
    readonly unbuiltRoutes: readonly UnbuiltRoute[];
    readonly makeParts: (context: ProcessContext) => Promise<ProcessParts>;
  },
): Promise<void> {
  const log = makeLog(config.logLevel, process.name);
  const short = config.apiKeys.filter((key) => key.length < LEAST_KEY_CHARACTERS).length;
  if (short > 0)
    log.warn({ keys: short }, "keys in POLYSEME_API_KEYS are short enough to be guessed; make random ones");
  const metrics = makeMetrics({ processMetrics: true });
  metrics.buildInfo.set({ version: VERSION, service: process.name }, 1);
  const tracing = await openTracing(config.tracing, {
    service: process.name,
    version: VERSION,
    onError: (message) => {
      log.warn({ reason: message }, "traces");
    },
  });
  const backends = await openBackends(config.backend, {
    pid,
    onError: (error) => {
      log.warn({ reason: messageOf(error) }, "connection");
    },
  });
  const closeBackends: StopStep = {
    name: "the connections",
    withinMs: CLOSE_BACKENDS_MS,
    stop: () => backends.close(),
  };
  const closeTracing: StopStep = { name: "the traces", withinMs: CLOSE_TRACING_MS, stop: () => tracing.close() };
  const store = keyStoreOf(backends.database, (error) => {
    log.warn({ reason: messageOf(error) }, "the use of a key is not noted");
  });
  const keys = makeKeyRing({
    apiKeys: config.apiKeys,
    metricsKey: config.metricsKey,
    onLoopback: isLoopback(config.host),
    store,
    now: () => performance.now(),
  });
  const parts = await refuseToBeOpen(config, store)
    .then(() => process.makeParts({ backends, keys, log, metrics, tracing }))
    .catch(async (error: unknown) => {
      await backends.close();
      throw error;
    });
  await serve({
    title: process.name === "all" ? "polyseme" : `polyseme ${process.name}`,
    config,
    keys,
    defaultPort: process.defaultPort,
    log,
    metrics,
    tracing,
    services: parts.services,
    unbuiltRoutes: process.unbuiltRoutes,
    signals,
    refreshMetrics: async () => {
      showPools(metrics, backends.pools());
      metrics.queueJobs.set(await backends.queues.countEmbedJobs());
    },
    onListening: async (url) => {
      await backends.publishUrl(url);
      await onListening(url);
    },
    closeSteps: [...parts.closeSteps, closeBackends, closeTracing],
  });
}

/** @throws PolysemeError `invalid` when other machines could call without a key, because there is none */
async function refuseToBeOpen({ host, apiKeys }: Config, store: KeyStore): Promise<void> {
  if (isLoopback(host) || apiKeys.length > 0 || (await store.anyKey())) return;
  throw new PolysemeError(
    "invalid",
    `POLYSEME_HOST=${host} opens the service to other machines without a key. Set POLYSEME_API_KEYS, make a key (polyseme keys create), or bind 127.0.0.1.`,
    { details: { field: "POLYSEME_HOST" } },
  );
}
