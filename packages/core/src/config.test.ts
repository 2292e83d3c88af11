import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEVICES, isLoopback, LOG_LEVELS, readConfig, requireServers, type Environment } from "./config.ts";
import { PolysemeError } from "./errors.ts";
import { readHubConfig } from "./hub-config.ts";

const DATABASE_URL = "postgres://me:s3cret@db:5432/texts";
const REDIS_URL = "redis://:hunter2@queue:6379";

function refusal(env: Environment): PolysemeError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof PolysemeError) return error;
    throw error;
  }
  throw new Error("It was accepted");
}

describe("the settings", () => {
  test("of an empty environment are those of the embedded stack on this machine", () => {
    expect(readConfig({})).toEqual({
      backend: { kind: "embedded", dataDir: "./.polyseme" },
      model: "all-MiniLM-L6-v2",
      rerankModel: undefined,
      modelsDir: undefined,
      hub: readHubConfig({}),
      device: "auto",
      encoderThreads: undefined,
      batchTokens: undefined,
      host: "127.0.0.1",
      port: undefined,
      apiKeys: [],
      metricsKey: undefined,
      corsOrigins: [],
      logLevel: "info",
      maxPending: 10_000_000,
    });
  });

  test("are all taken from the environment", () => {
    expect(
      readConfig({
        DATABASE_URL,
        REDIS_URL,
        POLYSEME_QUEUE_PREFIX: "{mine}",
        POLYSEME_QUEUE_SHARDS: "4",
        POLYSEME_MODEL: "org/model",
        POLYSEME_RERANK_MODEL: "org/reranker",
        POLYSEME_MODELS_DIR: "/models",
        POLYSEME_DEVICE: "cuda",
        POLYSEME_ENCODER_THREADS: "4",
        POLYSEME_BATCH_TOKENS: "512",
        POLYSEME_HOST: "0.0.0.0",
        POLYSEME_PORT: "8080",
        POLYSEME_API_KEYS: " one, two ,,",
        POLYSEME_METRICS_KEY: " scrape ",
        POLYSEME_CORS_ORIGINS: "https://app.example.com, http://localhost:5173",
        POLYSEME_LOG_LEVEL: "debug",
        POLYSEME_MAX_PENDING: "5000",
      }),
    ).toEqual({
      backend: {
        kind: "servers",
        databaseUrl: DATABASE_URL,
        redis: { kind: "single", url: REDIS_URL },
        queuePrefix: "{mine}",
        queueShards: 4,
      },
      model: "org/model",
      rerankModel: "org/reranker",
      modelsDir: "/models",
      hub: readHubConfig({}),
      device: "cuda",
      encoderThreads: 4,
      batchTokens: 512,
      host: "0.0.0.0",
      port: 8_080,
      apiKeys: ["one", "two"],
      metricsKey: "scrape",
      corsOrigins: ["https://app.example.com", "http://localhost:5173"],
      logLevel: "debug",
      maxPending: 5_000,
    });
  });

  test("that are empty or white space count as not set", () => {
    const blank = Object.fromEntries(
      [
        "DATABASE_URL",
        "REDIS_URL",
        "POLYSEME_MODEL",
        "POLYSEME_MODELS_DIR",
        "POLYSEME_DEVICE",
        "POLYSEME_ENCODER_THREADS",
        "POLYSEME_HOST",
        "POLYSEME_PORT",
        "POLYSEME_API_KEYS",
        "POLYSEME_METRICS_KEY",
        "POLYSEME_LOG_LEVEL",
        "POLYSEME_DATA_DIR",
        "POLYSEME_QUEUE_PREFIX",
        "POLYSEME_QUEUE_SHARDS",
      ].map((name, index) => [name, index % 2 === 0 ? "" : "  "]),
    );
    expect(readConfig(blank)).toEqual(readConfig({}));
  });

  test("take every device and log level by name", () => {
    for (const device of DEVICES) expect(readConfig({ POLYSEME_DEVICE: device }).device).toBe(device);
    for (const level of LOG_LEVELS) expect(readConfig({ POLYSEME_LOG_LEVEL: ` ${level} ` }).logLevel).toBe(level);
  });

  test("take numbers up to and including their bounds", () => {
    expect(readConfig({ POLYSEME_PORT: "0" }).port).toBe(0);
    expect(readConfig({ POLYSEME_PORT: "65535" }).port).toBe(65_535);
    expect(readConfig({ POLYSEME_ENCODER_THREADS: "1" }).encoderThreads).toBe(1);
    expect(readConfig({ POLYSEME_ENCODER_THREADS: "256" }).encoderThreads).toBe(256);
  });
});

describe("the backend", () => {
  test("is embedded in the data folder when no URL is set", () => {
    expect(readConfig({ POLYSEME_DATA_DIR: "/data" }).backend).toEqual({ kind: "embedded", dataDir: "/data" });
  });

  test("is Postgres alone when only DATABASE_URL is set", () => {
    for (const databaseUrl of [DATABASE_URL, "postgresql://db/texts"])
      expect(readConfig({ DATABASE_URL: databaseUrl, POLYSEME_DATA_DIR: "/data" }).backend).toEqual({
        kind: "postgres",
        databaseUrl,
        queuePrefix: "{polyseme}",
      });
  });

  test("is Postgres and Redis when both URLs are set, Redis plain or encrypted", () => {
    for (const redisUrl of ["redis://a:1", "rediss://:hunter2@a/3"])
      expect(readConfig({ DATABASE_URL, REDIS_URL: redisUrl }).backend).toMatchObject({
        kind: "servers",
        redis: { kind: "single", url: redisUrl },
        queueShards: 1,
      });
  });

  test("is a Redis Cluster or Sentinel where REDIS_URL says so", () => {
    const kindOf = (redisUrl: string): unknown =>
      (readConfig({ DATABASE_URL, REDIS_URL: redisUrl }).backend as { redis: { kind: string } }).redis.kind;
    expect(kindOf("redis://a:1,redis://b:2")).toBe("cluster");
    expect(kindOf("sentinel://a:1,b:2/main")).toBe("sentinel");
  });

  test("keeps every queue in one slot of a Redis Cluster", () => {
    const prefixed = (prefix: string) =>
      refusal({ DATABASE_URL, REDIS_URL: "redis://a:1,redis://b:2", POLYSEME_QUEUE_PREFIX: prefix });
    for (const prefix of ["mine", "{}mine", "{mine", "{}{mine}"])
      expect(prefixed(prefix)).toMatchObject({ code: "invalid", details: { field: "POLYSEME_QUEUE_PREFIX" } });
    expect(
      readConfig({ DATABASE_URL, REDIS_URL: "redis://a:1,redis://b:2", POLYSEME_QUEUE_PREFIX: "our-{mine}" }).backend,
    ).toMatchObject({ queuePrefix: "our-{mine}" });
  });

  test("has shards on Redis only", () => {
    for (const env of [{ DATABASE_URL }, {}]) {
      const error = refusal({ ...env, POLYSEME_QUEUE_SHARDS: "2" });
      expect(error).toMatchObject({ code: "invalid", details: { field: "POLYSEME_QUEUE_SHARDS" } });
      expect(error.message).toContain("REDIS_URL");
      expect(readConfig({ ...env, POLYSEME_QUEUE_SHARDS: "1" })).toEqual(readConfig(env));
    }
  });
});

describe("a setting that makes no sense is refused with its name", () => {
  const cases: readonly [name: string, value: string, wanted: string][] = [
    ["POLYSEME_DEVICE", "gpu", "auto, cpu, cuda"],
    ["POLYSEME_DEVICE", "CPU", "auto, cpu, cuda"],
    ["POLYSEME_LOG_LEVEL", "loud", "silent, error"],
    ["POLYSEME_LOG_LEVEL", "constructor", "silent, error"],
    ["POLYSEME_PORT", "65536", "0 to 65535"],
    ["POLYSEME_PORT", "-1", "0 to 65535"],
    ["POLYSEME_PORT", "80.5", "0 to 65535"],
    ["POLYSEME_PORT", "0x50", "0 to 65535"],
    ["POLYSEME_PORT", "1e3", "0 to 65535"],
    ["POLYSEME_PORT", "http", "0 to 65535"],
    ["POLYSEME_QUEUE_SHARDS", "0", "1 to 64"],
    ["POLYSEME_QUEUE_SHARDS", "65", "1 to 64"],
    ["POLYSEME_ENCODER_THREADS", "0", "1 to 256"],
    ["POLYSEME_ENCODER_THREADS", "257", "1 to 256"],
    ["POLYSEME_ENCODER_THREADS", "all", "1 to 256"],
  ];

  test.each(["*", "https://app.example.com/", "https://app.example.com/path", "app.example.com", "null"])(
    "POLYSEME_CORS_ORIGINS=%s, which no browser sends as an origin that may be trusted",
    (origin) => {
      const error = refusal({ POLYSEME_CORS_ORIGINS: `https://fine.example.com,${origin}` });
      expect(error).toMatchObject({ code: "invalid", details: { field: "POLYSEME_CORS_ORIGINS" } });
      expect(error.message).toContain("https://app.example.com, http://localhost:5173");
    },
  );

  test.each(cases)("%s=%s", (name, value, wanted) => {
    const error = refusal({ [name]: value });
    expect(error).toMatchObject({ code: "invalid", details: { field: name } });
    expect(error.message).toContain(`${name}=${value}`);
    expect(error.message).toContain(wanted);
  });

  test("REDIS_URL without DATABASE_URL", () => {
    const error = refusal({ REDIS_URL });
    expect(error).toMatchObject({ code: "invalid", details: { field: "DATABASE_URL" } });
    expect(error.message).toContain("REDIS_URL is set without DATABASE_URL");
    expect(error.message).not.toContain("hunter2");
  });

  test("a URL of the wrong kind, and its password is not repeated", () => {
    for (const bad of ["mysql://me:s3cret@db/x", "me:s3cret@db", "s3cret", "//me:s3cret@db"]) {
      const error = refusal({ DATABASE_URL: bad });
      expect(error.details).toEqual({ field: "DATABASE_URL" });
      expect(error.message).toContain("postgres:");
      expect(error.message).not.toContain("s3cret");
    }
    for (const bad of [
      "http://:hunter2@queue",
      "redis://queue:6379,hunter2",
      "redis://queue:6379,",
      ":hunter2@queue",
    ]) {
      const error = refusal({ DATABASE_URL, REDIS_URL: bad });
      expect(error.details).toEqual({ field: "REDIS_URL" });
      expect(error.message).toContain("redis:");
      expect(error.message).not.toMatch(/hunter2|s3cret/);
    }
  });
});

test("localhost and 127/8 are this machine alone, everything else is not", () => {
  expect(["localhost", "127.0.0.1", "127.1.2.3", "::1"].every(isLoopback)).toBe(true);
  expect(
    ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.0.0.1.example.org", "localhost.org", ""].some(isLoopback),
  ).toBe(false);
});

test("a service alone is refused the embedded stack and told which setting it needs", () => {
  expect(() => {
    requireServers(readConfig({}));
  }).toThrow(expect.objectContaining({ code: "invalid", details: { field: "DATABASE_URL" } }) as Error);
  expect(() => {
    requireServers(readConfig({ DATABASE_URL }));
    requireServers(readConfig({ DATABASE_URL, REDIS_URL }));
  }).not.toThrow();
});

test("any environment gives settings within their bounds, or is refused with a variable's name and no password", () => {
  const names = [
    "DATABASE_URL",
    "REDIS_URL",
    "POLYSEME_DATA_DIR",
    "POLYSEME_MODEL",
    "POLYSEME_DEVICE",
    "POLYSEME_ENCODER_THREADS",
    "POLYSEME_BATCH_TOKENS",
    "POLYSEME_HOST",
    "POLYSEME_PORT",
    "POLYSEME_API_KEYS",
    "POLYSEME_LOG_LEVEL",
    "POLYSEME_QUEUE_PREFIX",
    "POLYSEME_QUEUE_SHARDS",
  ];
  const setting = fc.oneof(
    fc.string(),
    fc.integer({ min: -2, max: 1_100_000 }).map(String),
    fc.constantFrom(
      "1e3",
      "0x10",
      "+1",
      "65536",
      "99999999999999999999",
      "auto",
      "CUDA",
      "info",
      "localhost",
      "::1",
      "127.0.0.1",
      "127.0.0.1.evil.example",
      "0.0.0.0",
      "postgres://u:s3cret@h/d",
      "postgresql://h",
      "http://u:s3cret@h",
      "redis://u:s3cret@h",
      "redis://:s3cret@h,redis://h2",
      "sentinel://:s3cret@h/m",
      "{a}",
      ",",
      "k1, k2,",
    ),
  );
  const environment = fc.dictionary(fc.constantFrom(...names), setting, { maxKeys: 6 });
  fc.assert(
    fc.property(environment, (env) => {
      try {
        const config = readConfig(env);
        expect(config.port ?? 0).toSatisfy((port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535);
        expect(config.encoderThreads ?? 1).toSatisfy((threads: number) => threads >= 1 && threads <= 256);
        expect(config.apiKeys.every((key) => key !== "" && key === key.trim())).toBe(true);
      } catch (error) {
        if (!(error instanceof PolysemeError)) throw error;
        expect(error.code).toBe("invalid");
        expect(names.some((name) => error.message.includes(name))).toBe(true);
        expect(error.message).not.toContain("s3cret");
      }
    }),
    { numRuns: 1_000 },
  );
});
