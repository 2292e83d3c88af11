import { badSetting, checkUrl, oneOf, value, type Environment } from "./setting-values.ts";

export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type Sampler = (typeof SAMPLERS)[number];

/** Where traces go and which; from OpenTelemetry's own variables. */
export interface TracingConfig {
  /** Full address that spans are posted to, as OTLP in JSON. */
  readonly url: string;
  /** May hold a secret: never logged. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sampler: Sampler;
  /** Share of the traces that a sampler by ratio keeps, 0 to 1. */
  readonly ratio: number;
  /** undefined: `polyseme-` and the service. */
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

const DEFAULT_ENDPOINT = "http://localhost:4318";
const TRACES_PATH = "/v1/traces";
const TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const EXPORTERS = ["otlp", "none"];
const PROTOCOLS = ["http/json", "http/protobuf"];

/**
 * undefined, tracing is off, unless an endpoint or the exporter `otlp` is set.
 * @throws PolysemeError `invalid` that names the variable and what it may be
 */
export function readTracingConfig(env: Environment): TracingConfig | undefined {
  const exporter = oneOf(env, "OTEL_TRACES_EXPORTER", EXPORTERS);
  const tracesUrl = value(env, TRACES_ENDPOINT);
  const endpoint = value(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const wanted = exporter === "otlp" || tracesUrl !== undefined || endpoint !== undefined;
  if (!wanted || exporter === "none" || value(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  const protocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
  oneOf(env, value(env, protocol) === undefined ? "OTEL_EXPORTER_OTLP_PROTOCOL" : protocol, PROTOCOLS);
  return {
    url:
      tracesUrl === undefined
        ? httpUrl("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint ?? DEFAULT_ENDPOINT).replace(/\/+$/, "") + TRACES_PATH
        : httpUrl(TRACES_ENDPOINT, tracesUrl),
    headers: pairs(value(env, "OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? value(env, "OTEL_EXPORTER_OTLP_HEADERS")),
    sampler: oneOf(env, "OTEL_TRACES_SAMPLER", SAMPLERS) ?? "parentbased_always_on",
    ratio: readRatio(value(env, "OTEL_TRACES_SAMPLER_ARG")),
    serviceName: value(env, "OTEL_SERVICE_NAME"),
    resourceAttributes: pairs(value(env, "OTEL_RESOURCE_ATTRIBUTES")),
  };
}

function httpUrl(name: string, url: string): string {
  checkUrl(name, url, ["http:", "https:"]);
  return url;
}

function readRatio(found: string | undefined): number {
  if (found === undefined) return 1;
  const ratio = Number(found);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw badSetting("OTEL_TRACES_SAMPLER_ARG", found, "a number from 0 to 1");
}

/** `a=1,b=2` with percent-encoded values, as W3C Baggage writes it; what is no pair is left out. */
function pairs(list = ""): Record<string, string> {
  const found: [string, string][] = [];
  for (const pair of list.split(",")) {
    const [, key, encoded] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (key !== undefined && encoded !== undefined) found.push([key, decoded(encoded)]);
  }
  return Object.fromEntries(found);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
