import type { Backends } from "@polyseme/backends";
import { NO_TRACING, type Metrics, type Tracing } from "@polyseme/core";
import { showEncoders, type EncoderRegistry } from "@polyseme/encoder";
import { backendProbes, type Probe, type Service, type UnbuiltRoute } from "@polyseme/http";
import { collectionRoutes } from "./collection-routes.ts";
import { documentRoutes } from "./document-routes.ts";
import { embeddingsRoutes } from "./embeddings-routes.ts";
import { failureRoutes } from "./failure-routes.ts";
import { inspectRoutes } from "./inspect-routes.ts";
import { queueBoard } from "./queue-board.ts";
import { searchRoutes } from "./search-routes.ts";

export interface ApiOptions {
  readonly backends: Backends;
  readonly encoders: EncoderRegistry;
  readonly inference: Probe;
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing?: Tracing;
  readonly stop: AbortSignal;
  /** Whether the board of the queues is shown. */
  readonly board?: boolean;
}

/** The reading side: collections, documents, failures, search, inspect, embeddings. */
export function makeApi(options: ApiOptions): Service {
  const { backends, encoders, inference, metrics, tracing = NO_TRACING, stop } = options;
  const { database, queues } = backends;
  return {
    name: "api",
    routes: async (app) => {
      await app.register(collectionRoutes, { database, catalog: encoders.catalog });
      await app.register(documentRoutes, { database });
      await app.register(failureRoutes, { database });
      await app.register(searchRoutes, { database, encoders, metrics, tracing, stop });
      await app.register(inspectRoutes, { encoders });
      await app.register(embeddingsRoutes, { encoders });
      if (options.board) await app.register(queueBoard, { queues });
    },
    probes: [...backendProbes(backends), inference],
    refreshMetrics() {
      showEncoders(metrics, encoders);
      return Promise.resolve();
    },
    start: () => undefined,
    stopSteps: () => [],
  };
}

/** Routes of the API that have a name already and no code yet. */
export const UNBUILT_ROUTES: readonly UnbuiltRoute[] = [
  { method: "GET", url: "/", what: "The web page" },
  { method: "GET", url: "/docs", what: "The documentation page (see /openapi.json)" },
  { method: "POST", url: "/v1/collections/:collection/migrate", what: "Migrating a collection" },
  { method: "GET", url: "/v1/collections/:collection/migration", what: "Migrating a collection" },
  { method: "POST", url: "/v1/collections/:collection/migration/cutover", what: "Migrating a collection" },
  { method: "POST", url: "/v1/collections/:collection/migration/rollback", what: "Migrating a collection" },
  { method: "GET", url: "/v1/collections/:collection/senses", what: "Grouping a word's senses" },
];
