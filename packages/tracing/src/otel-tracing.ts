import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span as OtelSpan,
  type SpanContext,
} from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler as OtelSampler,
} from "@opentelemetry/sdk-trace-base";
import {
  asPolysemeError,
  distinctCauses,
  messageOf,
  withDeadline,
  type Sampler,
  type Span,
  type SpanAttributes,
  type SpanOptions,
  type Tracing,
  type TracingConfig,
} from "@polyseme/core";
import type { TracingAbout } from "./open-tracing.ts";

/** A collector that is away must not hold up a stop. */
const CLOSE_MS = 3_000;
const SEND_MS = 5_000;

const KINDS: Record<NonNullable<SpanOptions["kind"]>, SpanKind> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

/** Traces by OpenTelemetry, sent as OTLP in batches (`OTEL_BSP_*` set their size); a full buffer drops spans, never waits. */
export function otelTracing(config: TracingConfig, { service, version, onError }: TracingAbout): Tracing {
  const ignore = (): void => undefined;
  const report = (message: string): void => {
    onError(message);
  };
  // The library has one place for its own complaints, whoever opened it last hears them.
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      ...config.resourceAttributes,
      "service.name": config.serviceName ?? config.resourceAttributes["service.name"] ?? `polyseme-${service}`,
      "service.version": version,
    }),
    sampler: samplerOf(config.sampler, config.ratio),
    spanProcessors: [
      new BatchSpanProcessor(
        new OTLPTraceExporter({ url: config.url, headers: { ...config.headers }, timeoutMillis: SEND_MS }),
      ),
    ],
  });
  const tracer = provider.getTracer("polyseme", version);
  return {
    on: true,
    start(name, { kind = "internal", causes = [], attributes = {}, startMs = performance.now() } = {}) {
      const [parent, ...links] = distinctCauses(causes).flatMap((cause) => parseTraceParent(cause) ?? []);
      const startedAt = Date.now() - (performance.now() - startMs);
      const span = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          startTime: startedAt,
          attributes: attributes as Attributes,
          links: links.map((context) => ({ context })),
        },
        contextUnder(parent),
      );
      return wrap(span, (endMs) => startedAt + Math.max(0, endMs - startMs));
    },
    close: () =>
      withDeadline("the last spans to be sent", CLOSE_MS, () => provider.shutdown()).catch((error: unknown) => {
        onError(messageOf(error));
      }),
  };
}

function contextUnder(parent: SpanContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

function wrap(span: OtelSpan, timeOf: (endMs: number) => number): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`,
    set(attributes: SpanAttributes) {
      span.setAttributes(attributes as Attributes);
    },
    fail(error) {
      const { code } = asPolysemeError(error);
      span.setAttribute("error.type", code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    },
    end(endMs = performance.now()) {
      if (span.isRecording()) span.end(timeOf(endMs));
    },
  };
}

function samplerOf(sampler: Sampler, ratio: number): OtelSampler {
  switch (sampler) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio);
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
    default:
      throw new Error(`Unknown sampler ${String(sampler satisfies never)}`);
  }
}
