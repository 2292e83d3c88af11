import {
  DEFAULT_DATA_DIR,
  DEFAULT_MAX_PENDING,
  DEFAULT_MODEL,
  DEFAULT_QUEUE_PREFIX,
  DEVICES,
  LOG_LEVELS,
  MAX_QUEUE_SHARDS,
} from "./config.ts";
import { DEFAULT_HUB } from "./hub-config.ts";
import { SAMPLERS } from "./tracing-config.ts";

/** A variable of the environment, as people look it up. */
export interface Setting {
  readonly name: string;
  /** What holds when it is not set; undefined: nothing is set then, and `meaning` says what that does. */
  readonly standard?: string;
  /** What it may be. */
  readonly values: string;
  readonly meaning: string;
}

export type SettingGroup = "Stores" | "Encoder" | "Model hub" | "Server" | "Traces" | "Command line";

const choice = (names: readonly string[]): string => names.join(", ");

/**
 * Every variable that the services and the command line read, by what it is about. Those of the services are read by
 * `readConfig`, and a test compares the two, so that none is left out here and none is left behind.
 */
export const SETTINGS: Readonly<Record<SettingGroup, readonly Setting[]>> = {
  Stores: [
    {
      name: "DATABASE_URL",
      values: "postgres://user:password@host:port/database",
      meaning: "The Postgres with pgvector. Not set: the embedded stack, everything in one process.",
    },
    {
      name: "REDIS_URL",
      values: "redis:// or rediss://, several with commas (Cluster), sentinel://",
      meaning: "The Redis of the queue; needs DATABASE_URL. Not set: the queue is in Postgres.",
    },
    {
      name: "POLYSEME_DATA_DIR",
      standard: DEFAULT_DATA_DIR,
      values: "a folder",
      meaning: "Where the embedded stack keeps its data, and the command line what it has sent.",
    },
    {
      name: "POLYSEME_QUEUE_PREFIX",
      standard: DEFAULT_QUEUE_PREFIX,
      values: "a text, with a hash tag on a Redis Cluster",
      meaning: "What every key of the queue begins with; the same in all processes.",
    },
    {
      name: "POLYSEME_QUEUE_SHARDS",
      standard: "1",
      values: `1 to ${MAX_QUEUE_SHARDS}, on Redis only`,
      meaning:
        "Parts of the embed queue, so that several cores or masters of Redis share it; the same in all processes.",
    },
    {
      name: "POLYSEME_MAX_PENDING",
      standard: String(DEFAULT_MAX_PENDING),
      values: "1 to 1000000000",
      meaning: "Documents that may wait to be embedded before pushes are answered 429.",
    },
  ],
  Encoder: [
    {
      name: "POLYSEME_MODEL",
      standard: DEFAULT_MODEL,
      values: "the name of a model here, a folder, or an id of the hub: org/name or org/name@revision",
      meaning: "The encoder of collections that name none. One of the hub is downloaded at the first start.",
    },
    {
      name: "POLYSEME_RERANK_MODEL",
      values: "as POLYSEME_MODEL, of a model that scores pairs of texts (a cross-encoder)",
      meaning:
        'What the rerank "cross" of a search ranks by. Loaded by whoever answers searches. Not set: such searches are refused.',
    },
    {
      name: "POLYSEME_MODELS_DIR",
      standard: "$HOME/.cache/polyseme/models",
      values: "a folder",
      meaning: "Holds models by name, beside those that come with the software; what is downloaded goes there.",
    },
    {
      name: "POLYSEME_DEVICE",
      standard: "auto",
      values: choice(DEVICES),
      meaning: "What the encoder runs on.",
    },
    {
      name: "POLYSEME_ENCODER_THREADS",
      values: "1 to 256",
      meaning: "Runs of the encoder at once. Not set: one a core.",
    },
    {
      name: "POLYSEME_BATCH_TOKENS",
      values: "16 to 1048576",
      meaning: "Most tokens of a run, padding included. Not set: measured at start.",
    },
    {
      name: "XDG_CACHE_HOME",
      standard: "$HOME/.cache",
      values: "a folder",
      meaning: "Graphs that were rewritten for a device are kept in its folder polyseme.",
    },
  ],
  "Model hub": [
    {
      name: "HF_ENDPOINT",
      standard: DEFAULT_HUB,
      values: "an http or https address",
      meaning: "The hub that models are downloaded from, or a mirror of it.",
    },
    {
      name: "HF_TOKEN",
      values: "a token",
      meaning: "Shown to the hub, for models that not everybody may have. HUGGING_FACE_HUB_TOKEN where it is not set.",
    },
    {
      name: "HUGGING_FACE_HUB_TOKEN",
      values: "a token",
      meaning: "The same, by its older name.",
    },
    {
      name: "HF_TOKEN_PATH",
      standard: "token in HF_HOME",
      values: "a file",
      meaning: "Where the hub's own tools keep a token; read when none is set.",
    },
    {
      name: "HF_HOME",
      standard: "$XDG_CACHE_HOME/huggingface",
      values: "a folder",
      meaning: "The folder of the hub's own tools. Only the token in it is read.",
    },
    {
      name: "HF_HUB_DISABLE_IMPLICIT_TOKEN",
      values: "1",
      meaning: "No token is read from a file.",
    },
    {
      name: "HF_HUB_OFFLINE",
      values: "1",
      meaning: "Nothing is asked of the hub: a model that is not here is refused.",
    },
    {
      name: "TRANSFORMERS_OFFLINE",
      values: "1",
      meaning: "The same, by the name that transformers has for it.",
    },
    {
      name: "HTTPS_PROXY",
      values: "an address",
      meaning: "The proxy to https addresses, for downloads alone. Small letters come first, here and in the next two.",
    },
    {
      name: "HTTP_PROXY",
      values: "an address",
      meaning: "The proxy to http addresses.",
    },
    {
      name: "NO_PROXY",
      values: "hosts, with commas between them, or *",
      meaning: "What is asked without the proxy.",
    },
  ],
  Server: [
    {
      name: "POLYSEME_HOST",
      standard: "127.0.0.1",
      values: "an address",
      meaning: "What is listened on. Other than this machine's own: refused at start unless there is a key.",
    },
    {
      name: "POLYSEME_PORT",
      standard: "8080; ingest alone 8081, an embedder alone any free one",
      values: "0 to 65535; 0 is any free one",
      meaning: "The port; the address is printed once it is served.",
    },
    {
      name: "POLYSEME_API_KEYS",
      values: "keys, with commas between them",
      meaning: "Admins that no database knows, for the first start on servers.",
    },
    {
      name: "POLYSEME_METRICS_KEY",
      values: "a key",
      meaning: "Reads /metrics and nothing else.",
    },
    {
      name: "POLYSEME_CORS_ORIGINS",
      values: "origins, with commas between them",
      meaning: "Web origins whose pages may call the server. Not set: none.",
    },
    {
      name: "POLYSEME_LOG_LEVEL",
      standard: "info",
      values: choice(LOG_LEVELS),
      meaning: "What is written to standard error. A stack that a command starts for itself: error.",
    },
  ],
  Traces: [
    {
      name: "OTEL_TRACES_EXPORTER",
      values: "otlp, none",
      meaning: "otlp turns traces on, none off. Not set: on when an endpoint is.",
    },
    {
      name: "OTEL_EXPORTER_OTLP_ENDPOINT",
      standard: "http://localhost:4318",
      values: "an http or https address",
      meaning: "The collector; /v1/traces is added.",
    },
    {
      name: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
      values: "an http or https address",
      meaning: "The whole address for traces, before the one above.",
    },
    {
      name: "OTEL_EXPORTER_OTLP_HEADERS",
      values: "a=1,b=2",
      meaning: "Headers for the collector. OTEL_EXPORTER_OTLP_TRACES_HEADERS comes before it.",
    },
    {
      name: "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
      values: "a=1,b=2",
      meaning: "The same, for traces alone.",
    },
    {
      name: "OTEL_EXPORTER_OTLP_PROTOCOL",
      values: "http/json, http/protobuf",
      meaning: "JSON is sent in either case. OTEL_EXPORTER_OTLP_TRACES_PROTOCOL comes before it.",
    },
    {
      name: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
      values: "http/json, http/protobuf",
      meaning: "The same, for traces alone.",
    },
    {
      name: "OTEL_TRACES_SAMPLER",
      standard: "parentbased_always_on",
      values: choice(SAMPLERS),
      meaning: "Which traces are kept.",
    },
    {
      name: "OTEL_TRACES_SAMPLER_ARG",
      standard: "1",
      values: "0 to 1",
      meaning: "The share that a sampler by ratio keeps.",
    },
    {
      name: "OTEL_SERVICE_NAME",
      standard: "polyseme- and the service",
      values: "a text",
      meaning: "The name in the traces.",
    },
    {
      name: "OTEL_RESOURCE_ATTRIBUTES",
      values: "a=1,b=2",
      meaning: "Attributes of every span.",
    },
    {
      name: "OTEL_SDK_DISABLED",
      values: "true",
      meaning: "Turns traces off, whatever else is set.",
    },
  ],
  "Command line": [
    {
      name: "POLYSEME_URL",
      values: "an http or https address",
      meaning:
        "The server that commands talk to. Not set: the one that runs on the data folder, else one that the command starts for itself.",
    },
    {
      name: "POLYSEME_API_KEY",
      values: "a key",
      meaning: "What commands show to that server.",
    },
    {
      name: "NO_COLOR",
      values: "anything",
      meaning: "No colours on a terminal.",
    },
  ],
};
