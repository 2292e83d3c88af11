import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@polyseme/core";
import { Redis } from "ioredis";
import { startProcess, type ServiceProcess } from "../../test/support/processes.ts";
import { freshServers } from "../../test/support/stack.ts";
import type { BenchContext } from "../context.ts";

/** Entry files, relative to the repository. */
const ENTRIES = {
  ingest: "services/ingest/src/main.ts",
  embedder: "services/embedder/src/main.ts",
  api: "services/api/src/main.ts",
  "instant-embedder": "bench/instant-embedder.ts",
} as const;

/** A fresh database and queue prefix, and services on them as processes of their own. */
export interface Stage {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly environment: Environment;
  /** Resolves when the service listens; it is stopped with the stage if not before. */
  start(name: keyof typeof ENTRIES, settings?: Environment, nodeArguments?: readonly string[]): Promise<ServiceProcess>;
}

/** Gives `work` a stage; afterwards whatever it started is stopped and its data is gone. */
export async function withStage<T>(context: BenchContext, work: (stage: Stage) => Promise<T>): Promise<T> {
  const { databaseUrl, redisUrl } = await context.servers();
  const fresh = await freshServers(databaseUrl, redisUrl);
  const started: ServiceProcess[] = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= Promise.all(started.map((service) => service.end("SIGKILL"))).then(async () => {
      await fresh.drop();
      await forgetQueues(redisUrl, fresh.environment.POLYSEME_QUEUE_PREFIX);
    });
    return closed;
  };
  context.atEnd(close);
  try {
    return await work({
      databaseUrl: fresh.environment.DATABASE_URL,
      redisUrl,
      environment: fresh.environment,
      async start(name, settings = {}, nodeArguments = []) {
        const service = await startProcess([...nodeArguments, ENTRIES[name]], {
          POLYSEME_LOG_LEVEL: "error",
          ...fresh.environment,
          ...settings,
        });
        started.push(service);
        return service;
      },
    });
  } finally {
    await close();
  }
}

/** Gives `work` a folder that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "polyseme-stage-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function forgetQueues(redisUrl: string, prefix: string): Promise<void> {
  const redis = new Redis(redisUrl);
  try {
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 }) as AsyncIterable<string[]>)
      if (keys.length > 0) await redis.unlink(keys);
  } finally {
    redis.disconnect();
  }
}
