import type { Backends } from "@polyseme/backends";
import { NO_TRACING, type Log, type Metrics, type Tracing } from "@polyseme/core";
import { showEncoders, type EncoderRegistry, type Reranker } from "@polyseme/encoder";
import { backendProbes, type KeyRing, type Probe, type Service, type UnbuiltRoute } from "@polyseme/http";
import { aliasRoutes } from "./alias-routes.ts";
import { collectionRoutes } from "./collection-routes.ts";
import { documentRoutes } from "./document-routes.ts";
import { embeddingsRoutes } from "./embeddings-routes.ts";
import { exportRoutes } from "./export-routes.ts";
import { failureRoutes } from "./failure-routes.ts";
import { inspectRoutes } from "./inspect-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { modelRoutes } from "./model-routes.ts";
import { migrationRoutes } from "./migration-routes.ts";
import { watchOverlaps } from "./overlap/overlap-watch.ts";
import { pageRoutes } from "./page-routes.ts";
import { queueBoard } from "./queue-board.ts";
import { referenceRoutes } from "./reference-routes.ts";
import { searchRoutes } from "./search-routes.ts";
import { senseRoutes } from "./senses/sense-routes.ts";
import { teiRoutes } from "./tei/tei-routes.ts";

export interface ApiOptions {
  readonly backends: Backends;
  readonly keys: KeyRing;
  readonly log: Log;
  readonly encoders: EncoderRegistry;
  readonly reranker: Reranker;
  readonly inference: Probe;
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing?: Tracing;
  readonly stop: AbortSignal;
}

const STOP_WATCH_MS = 5_000;

/** The reading side: collections, documents, failures, search, inspect, embeddings, the web page; and who has keys. */
export function makeApi(options: ApiOptions): Service {
  const { backends, keys, encoders, reranker, inference, log, metrics, tracing = NO_TRACING, stop } = options;
  const { database, queues } = backends;
  let watching: Promise<void> = Promise.resolve();
  return {
    name: "api",
    routes: async (app) => {
      await app.register(collectionRoutes, { database, catalog: encoders.catalog });
      await app.register(aliasRoutes, { database });
      await app.register(migrationRoutes, { database, encoders, log, stop });
      await app.register(documentRoutes, { database });
      await app.register(exportRoutes, { database, log });
      await app.register(failureRoutes, { database });
      await app.register(searchRoutes, { database, encoders, reranker, metrics, tracing, stop });
      await app.register(senseRoutes, { database, encoders, metrics });
      await app.register(inspectRoutes, { encoders });
      await app.register(embeddingsRoutes, { encoders });
      await app.register(modelRoutes, { catalog: encoders.catalog });
      await app.register(teiRoutes, { encoders, reranker, metrics, inference });
      await app.register(keyRoutes, { database, keys, log });
      await app.register(queueBoard, { queues });
      await app.register(pageRoutes, { log });
      await app.register(referenceRoutes);
    },
    probes: [...backendProbes(backends), inference],
    refreshMetrics() {
      const reranking = reranker.loaded();
      showEncoders(metrics, [...encoders.loaded(), ...(reranking === undefined ? [] : [reranking])]);
      return Promise.resolve();
    },
    start() {
      watching = watchOverlaps({ database, encoders, log }, stop);
    },
    stopSteps: () => [{ name: "the watch over migrations", withinMs: STOP_WATCH_MS, stop: () => watching }],
  };
}

/** Routes of the API that have a name already and no code yet. */
export const UNBUILT_ROUTES: readonly UnbuiltRoute[] = [];
