import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServers, stopServers, sweepAbandoned, type Servers } from "../infra/local/servers.ts";

const PREFIX = join(tmpdir(), "polyseme-bench-");

/**
 * The servers that benchmarks run on: those in the environment, which are left running, else private ones with durable
 * writes. Each benchmark makes a database of its own on them.
 */
export async function openServers(environment: NodeJS.ProcessEnv, log: (line: string) => void): Promise<Servers> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = environment;
  if (databaseUrl !== undefined && redisUrl !== undefined)
    return { databaseUrl, redisUrl, stop: () => Promise.resolve() };
  if (databaseUrl !== undefined || redisUrl !== undefined)
    throw new Error("Set both DATABASE_URL and REDIS_URL, or neither for private servers.");
  await sweepAbandoned(PREFIX, { log });
  const dir = await mkdtemp(`${PREFIX}${process.pid}-`);
  // Made closed to others, but the servers run under an account of their own.
  await chmod(dir, 0o755);
  return startServers({ dir, durability: "normal", log }).catch(async (error: unknown) => {
    await stopServers({ dir, log }).catch(() => undefined);
    throw error;
  });
}
