import { NO_TRACING, type Tracing, type TracingConfig } from "@polyseme/core";

/** What every span of this process says of it, and who is told when spans cannot be sent. */
export interface TracingAbout {
  /** ingest, embedder, api or all. */
  readonly service: string;
  readonly version: string;
  readonly onError: (message: string) => void;
}

/** The traces of this process. OpenTelemetry is loaded only when they are wanted: else it costs neither time nor memory. */
export async function openTracing(config: TracingConfig | undefined, about: TracingAbout): Promise<Tracing> {
  if (config === undefined) return NO_TRACING;
  const { otelTracing } = await import("./otel-tracing.ts");
  return otelTracing(config, about);
}
