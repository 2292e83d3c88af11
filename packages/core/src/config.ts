import { PolysemeError } from "./errors.ts";
import { readHubConfig, type HubConfig } from "./hub-config.ts";
import { parseRedisUrl, type RedisAddress } from "./redis-address.ts";
import { badSetting, checkUrl, list, oneOf, value, wholeNumber, type Environment } from "./setting-values.ts";
import { readTracingConfig, type TracingConfig } from "./tracing-config.ts";

export type { Environment };

/** Every setting of a process, read once from the environment by its main.ts and passed down. */
export interface Config {
  readonly backend: BackendConfig;
  /** Bundled name, hub id or folder of the default encoder. */
  readonly model: string;
  /** Bundled name, hub id or folder of the model that scores pairs of texts; undefined: none does. */
  readonly rerankModel: string | undefined;
  /** Folder that holds models by name, and where downloaded ones go; undefined: the bundled ones. */
  readonly modelsDir: string | undefined;
  readonly hub: HubConfig;
  readonly device: Device;
  /** Encoder worker threads; undefined: one a core. */
  readonly encoderThreads: number | undefined;
  /** Most padded tokens of one run; undefined: found by measuring. */
  readonly batchTokens: number | undefined;
  /** Folder for files that can be made again, such as graphs rewritten for a device; undefined: keep none. */
  readonly cacheDir: string | undefined;
  readonly host: string;
  /** undefined: the service's own default; 0: any free port. */
  readonly port: number | undefined;
  /** Admin keys over all collections. */
  readonly apiKeys: readonly string[];
  /** A key that reads metrics and nothing else. */
  readonly metricsKey: string | undefined;
  /** Web origins, such as `https://app.example.com`, whose pages may call. */
  readonly corsOrigins: readonly string[];
  readonly logLevel: LogLevel;
  /** undefined: no traces. */
  readonly tracing: TracingConfig | undefined;
  /** Documents that may wait to be embedded before pushes are answered 429. */
  readonly maxPending: number;
}

export type BackendConfig =
  | { readonly kind: "embedded"; readonly dataDir: string }
  | { readonly kind: "postgres"; readonly databaseUrl: string; readonly queuePrefix: string }
  | {
      readonly kind: "servers";
      readonly databaseUrl: string;
      readonly redis: RedisAddress;
      readonly queuePrefix: string;
      /** Parts the embed queue is cut into, so that several cores or masters of Redis share it. */
      readonly queueShards: number;
    };

export const DEVICES = ["auto", "cpu", "cuda", "webgpu", "dml", "coreml"] as const;
export type Device = (typeof DEVICES)[number];

export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_MODEL = "all-MiniLM-L6-v2";
export const DEFAULT_DATA_DIR = "./.polyseme";
export const MAX_QUEUE_SHARDS = 64;
/** Some 5 GB of short texts, and a backlog that is counted in a second. */
export const DEFAULT_MAX_PENDING = 10_000_000;
/** Hash-tagged, so that all keys of a queue share one slot of a Redis Cluster. */
export const DEFAULT_QUEUE_PREFIX = "{polyseme}";

/** What a Redis Cluster takes the slot from: between the first brace and the next closing one, when not empty. */
const HASH_TAG = /^[^{]*\{[^}]+\}/;

/**
 * The settings in `env` (CONTRACT "Settings"), all optional.
 * @throws PolysemeError `invalid` that names the variable and what it may be.
 */
export function readConfig(env: Environment): Config {
  return {
    backend: readBackend(env),
    model: value(env, "POLYSEME_MODEL") ?? DEFAULT_MODEL,
    rerankModel: value(env, "POLYSEME_RERANK_MODEL"),
    modelsDir: readModelsDir(env),
    hub: readHubConfig(env),
    device: oneOf(env, "POLYSEME_DEVICE", DEVICES) ?? "auto",
    encoderThreads: wholeNumber(env, "POLYSEME_ENCODER_THREADS", 1, 256),
    batchTokens: wholeNumber(env, "POLYSEME_BATCH_TOKENS", 16, 1_048_576),
    cacheDir: readCacheDir(env),
    host: value(env, "POLYSEME_HOST") ?? "127.0.0.1",
    port: wholeNumber(env, "POLYSEME_PORT", 0, 65_535),
    apiKeys: list(env, "POLYSEME_API_KEYS"),
    metricsKey: value(env, "POLYSEME_METRICS_KEY"),
    corsOrigins: readCorsOrigins(env),
    logLevel: oneOf(env, "POLYSEME_LOG_LEVEL", LOG_LEVELS) ?? "info",
    tracing: readTracingConfig(env),
    maxPending: wholeNumber(env, "POLYSEME_MAX_PENDING", 1, 1_000_000_000) ?? DEFAULT_MAX_PENDING,
  };
}

function readBackend(env: Environment): BackendConfig {
  const databaseUrl = value(env, "DATABASE_URL");
  const redisUrl = value(env, "REDIS_URL");
  const queuePrefix = value(env, "POLYSEME_QUEUE_PREFIX") ?? DEFAULT_QUEUE_PREFIX;
  const queueShards = wholeNumber(env, "POLYSEME_QUEUE_SHARDS", 1, MAX_QUEUE_SHARDS) ?? 1;
  if (databaseUrl === undefined && redisUrl !== undefined)
    throw new PolysemeError(
      "invalid",
      "REDIS_URL is set without DATABASE_URL. Set both, or neither for the embedded stack.",
      {
        details: { field: "DATABASE_URL" },
      },
    );
  if (redisUrl === undefined && queueShards > 1)
    throw new PolysemeError(
      "invalid",
      `POLYSEME_QUEUE_SHARDS=${queueShards} spreads the queue over Redis, and REDIS_URL is not set. Set it, or leave the shards at 1.`,
      { details: { field: "POLYSEME_QUEUE_SHARDS" } },
    );
  if (databaseUrl === undefined)
    return { kind: "embedded", dataDir: value(env, "POLYSEME_DATA_DIR") ?? DEFAULT_DATA_DIR };
  checkUrl("DATABASE_URL", databaseUrl, ["postgres:", "postgresql:"]);
  if (redisUrl === undefined) return { kind: "postgres", databaseUrl, queuePrefix };
  const redis = parseRedisUrl(redisUrl);
  if (redis.kind === "cluster" && !HASH_TAG.test(queuePrefix))
    throw new PolysemeError(
      "invalid",
      "POLYSEME_QUEUE_PREFIX needs a hash tag, such as {polyseme}, on a Redis Cluster: all keys of a queue must be in one slot.",
      { details: { field: "POLYSEME_QUEUE_PREFIX" } },
    );
  return { kind: "servers", databaseUrl, redis, queuePrefix, queueShards };
}

/** An origin has no path; a star would let any page call a server that trusts this machine, so there is none. */
function readCorsOrigins(env: Environment): readonly string[] {
  const origins = list(env, "POLYSEME_CORS_ORIGINS");
  const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong !== undefined)
    throw badSetting(
      "POLYSEME_CORS_ORIGINS",
      wrong,
      "origins as browsers send them, comma-separated: https://app.example.com, http://localhost:5173",
    );
  return origins;
}

function readCacheDir(env: Environment): string | undefined {
  const shared = value(env, "XDG_CACHE_HOME");
  const home = value(env, "HOME") ?? value(env, "USERPROFILE");
  if (shared !== undefined) return `${shared}/polyseme`;
  return home === undefined ? undefined : `${home}/.cache/polyseme`;
}

/** Where nothing is said, among what can be fetched again. */
function readModelsDir(env: Environment): string | undefined {
  const cacheDir = readCacheDir(env);
  return value(env, "POLYSEME_MODELS_DIR") ?? (cacheDir === undefined ? undefined : `${cacheDir}/models`);
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The embedded stack lives in one process, so a service alone would have nobody to work with.
 * @throws PolysemeError `invalid` that says what to set
 */
export function requireServers(config: Config): void {
  if (config.backend.kind !== "embedded") return;
  throw new PolysemeError(
    "invalid",
    "A service alone needs DATABASE_URL (and REDIS_URL): other processes must find the same documents. For everything in one process: polyseme serve all.",
    { details: { field: "DATABASE_URL" } },
  );
}
