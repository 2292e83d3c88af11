import { describe, expect, test } from "vitest";
import { readConfig, type Environment } from "./config.ts";
import { SETTINGS } from "./settings.ts";

/** Read only to find the folder of caches, and explained there. */
const OF_THE_SYSTEM = ["HOME", "USERPROFILE"];
const DATABASE_URL = "postgres://db/texts";

/** Environments that lead to every branch: stores of each kind, traces on. */
const ENVIRONMENTS: readonly Environment[] = [
  {},
  { DATABASE_URL, REDIS_URL: "redis://queue" },
  { OTEL_TRACES_EXPORTER: "otlp" },
  { OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" },
];

/** The names that `readConfig` asks an environment for. */
function askedFor(): Set<string> {
  const asked = new Set<string>();
  for (const environment of ENVIRONMENTS)
    readConfig(
      new Proxy(environment, {
        get(target, name) {
          // Those of proxies are known in small letters too.
          asked.add(String(name).toUpperCase());
          return target[String(name)];
        },
      }),
    );
  return asked;
}

describe("the list of settings", () => {
  const { "Command line": ofCommands, ...ofServices } = SETTINGS;
  const listed = Object.values(ofServices).flatMap((settings) => settings.map(({ name }) => name));

  test("has exactly the variables that are read", () => {
    const asked = [...askedFor()].filter((name) => !OF_THE_SYSTEM.includes(name));
    expect([...listed].sort()).toEqual(asked.sort());
  });

  test("names each once", () => {
    const all = [...listed, ...ofCommands.map(({ name }) => name)];
    expect(new Set(all).size).toBe(all.length);
  });

  test("gives defaults that change nothing when they are set", () => {
    const plain = { HOME: "/home/me" };
    for (const name of [
      "POLYSEME_DATA_DIR",
      "POLYSEME_MODEL",
      "POLYSEME_DEVICE",
      "POLYSEME_HOST",
      "POLYSEME_LOG_LEVEL",
    ])
      expect([name, readConfig({ ...plain, [name]: standardOf(name) })]).toEqual([name, readConfig(plain)]);
    const servers = { ...plain, DATABASE_URL, REDIS_URL: "redis://queue" };
    for (const name of ["POLYSEME_QUEUE_PREFIX", "POLYSEME_QUEUE_SHARDS", "POLYSEME_MAX_PENDING"])
      expect([name, readConfig({ ...servers, [name]: standardOf(name) })]).toEqual([name, readConfig(servers)]);
    const traced = { ...plain, OTEL_TRACES_EXPORTER: "otlp" };
    for (const name of ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"])
      expect([name, readConfig({ ...traced, [name]: standardOf(name) })]).toEqual([name, readConfig(traced)]);
  });
});

function standardOf(name: string): string | undefined {
  const found = Object.values(SETTINGS)
    .flat()
    .find((setting) => setting.name === name);
  expect(found?.standard).toBeDefined();
  return found?.standard;
}
