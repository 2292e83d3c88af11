import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { runAll } from "@polyseme/all";
import { readConfig, type Environment } from "@polyseme/core";
import pg from "pg";
import { makeEmbeddedFolder } from "./embedded-folder.ts";
import { HttpCaller } from "./http.ts";

/** Spares each start the second in which an embedder measures its batches. */
export const QUICK_START = { POLYSEME_BATCH_TOKENS: "512" };

/** Everything in this process, on a fresh database of its own. */
export interface TestStack {
  readonly http: HttpCaller;
  readonly environment: Environment;
  stop(): Promise<void>;
}

/** A fresh database on the test Postgres and a key prefix on the test Redis. */
export interface TestServers {
  readonly environment: Environment & { DATABASE_URL: string; POLYSEME_QUEUE_PREFIX: string };
  drop(): Promise<void>;
}

export async function freshServers(databaseUrl: string, redisUrl: string | undefined): Promise<TestServers> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await administer(databaseUrl, `create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return {
    environment: { DATABASE_URL: url.href, REDIS_URL: redisUrl, POLYSEME_QUEUE_PREFIX: `{${name}}` },
    drop: () => administer(databaseUrl, `drop database if exists ${name} with (force)`),
  };
}

async function administer(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Starts every service in this process with these settings, on a free port. */
export async function startStack(settings: Environment): Promise<TestStack> {
  const environment = { POLYSEME_PORT: "0", POLYSEME_LOG_LEVEL: "error", ...QUICK_START, ...settings };
  const stop = new AbortController();
  let finished: Promise<void> = Promise.resolve();
  const url = await new Promise<string>((resolve, reject) => {
    finished = runAll({
      config: readConfig(environment),
      pid: process.pid,
      signals: { stop: stop.signal, abandon: new AbortController().signal },
      onListening: resolve,
    });
    finished.catch(reject);
  });
  return {
    http: new HttpCaller(url),
    environment,
    async stop() {
      stop.abort();
      await finished;
    },
  };
}

export async function startEmbeddedStack(settings: Environment = {}): Promise<TestStack> {
  const dataDir = await makeEmbeddedFolder();
  const stack = await startStack({ ...settings, POLYSEME_DATA_DIR: dataDir }).catch(async (error: unknown) => {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  });
  return {
    ...stack,
    async stop() {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function startServerStack(
  databaseUrl: string,
  redisUrl: string | undefined,
  settings: Environment = {},
): Promise<TestStack> {
  const servers = await freshServers(databaseUrl, redisUrl);
  const stack = await startStack({ ...settings, ...servers.environment }).catch(async (error: unknown) => {
    await servers.drop();
    throw error;
  });
  return {
    ...stack,
    async stop() {
      await stack.stop();
      await servers.drop();
    },
  };
}
