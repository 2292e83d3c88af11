import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startServers, stopServers, sweepAbandoned } from "../../infra/local/servers.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A real Postgres with pgvector that this test run owns; null: this machine has none. */
    databaseUrl: string | null;
    /** A real Redis that this test run owns; null: this machine has none. */
    redisUrl: string | null;
  }
}

/** Test runs that were cut off are known by it, and swept. */
export const SERVERS_PREFIX = join(tmpdir(), "polyseme-test-run-");

/**
 * Starts a private Redis and Postgres for this test run. Addresses in the environment are ignored: tests empty databases.
 * A machine without the servers skips the tests that need them and says so; a build server fails instead.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const log = (line: string): void => void process.stderr.write(`[servers] ${line}\n`);
  await sweepAbandoned(SERVERS_PREFIX, { log });
  const dir = await mkdtemp(`${SERVERS_PREFIX}${process.pid}-`);
  // Made closed to others, but the servers run under an account of their own.
  await chmod(dir, 0o755);
  try {
    const { databaseUrl, redisUrl, stop } = await startServers({ dir, durability: "test", log });
    project.provide("databaseUrl", databaseUrl);
    project.provide("redisUrl", redisUrl);
    return stop;
  } catch (error) {
    await stopServers({ dir, log }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    if (process.env["CI"] === "true")
      throw new Error(`Real servers are required when CI=true, and they cannot be had: ${reason}`, { cause: error });
    process.stderr.write(
      `REAL SERVERS NOT AVAILABLE: ${reason.replaceAll("\n", " ")}, tests on real Redis and Postgres are skipped\n`,
    );
    project.provide("databaseUrl", null);
    project.provide("redisUrl", null);
    return undefined;
  }
}
