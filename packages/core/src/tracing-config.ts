import { PolysemeError } from "./errors.ts";

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
export function readTracingConfig(env: Readonly<Record<string, string | undefined>>): TracingConfig | undefined {
  const value = (name: string): string | undefined => {
    const found = env[name]?.trim();
    return found === "" ? undefined : found;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const found = value(name);
    const match = allowed.find((one) => one === found);
    if (found !== undefined && match === undefined) throw badSetting(name, found, `one of ${allowed.join(", ")}`);
    return match;
  };

  const exporter = oneOf("OTEL_TRACES_EXPORTER", EXPORTERS);
  const tracesUrl = value(TRACES_ENDPOINT);
  const endpoint = value("OTEL_EXPORTER_OTLP_ENDPOINT");
  const wanted = exporter === "otlp" || tracesUrl !== undefined || endpoint !== undefined;
  if (!wanted || exporter === "none" || value("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  const protocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
  oneOf(value(protocol) === undefined ? "OTEL_EXPORTER_OTLP_PROTOCOL" : protocol, PROTOCOLS);
  return {
    url:
      tracesUrl === undefined
        ? baseUrl(endpoint ?? DEFAULT_ENDPOINT) + TRACES_PATH
        : checkUrl(TRACES_ENDPOINT, tracesUrl),
    headers: pairs(value("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? value("OTEL_EXPORTER_OTLP_HEADERS")),
    sampler: oneOf("OTEL_TRACES_SAMPLER", SAMPLERS) ?? "parentbased_always_on",
    ratio: readRatio(value("OTEL_TRACES_SAMPLER_ARG")),
    serviceName: value("OTEL_SERVICE_NAME"),
    resourceAttributes: pairs(value("OTEL_RESOURCE_ATTRIBUTES")),
  };
}

function baseUrl(endpoint: string): string {
  return checkUrl("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).replace(/\/+$/, "");
}

function checkUrl(name: string, url: string): string {
  if (URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol)) return url;
  // The URL itself may hold a password, so it is not repeated.
  throw new PolysemeError("invalid", `${name} must be a URL that starts with http:// or https://.`, {
    details: { field: name },
  });
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

function badSetting(name: string, found: string, wanted: string): PolysemeError {
  return new PolysemeError("invalid", `${name}=${found} must be ${wanted}.`, { details: { field: name } });
}
