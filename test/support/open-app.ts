import { makeLog, makeMetrics } from "@polyseme/core";
import { buildApp, type App, type AppOptions } from "@polyseme/http";

/** An HTTP face without services, silent, that takes everybody for an administrator; not listening yet. */
export function openApp(options: Partial<AppOptions> = {}): App {
  return buildApp({
    title: "test",
    version: "1.2.3",
    log: makeLog("silent", "test"),
    metrics: makeMetrics({ processMetrics: false }),
    keys: { identify: () => Promise.resolve({ id: "k", rank: "admin", collections: undefined }) },
    probes: [],
    stop: new AbortController().signal,
    unbuiltRoutes: [],
    ...options,
  });
}
