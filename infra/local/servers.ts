import { access, readdir, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { processStart } from "@polyseme/core";
import { makeHome, serverAccount } from "./account.ts";
import type { Context } from "./command.ts";
import { haveServers } from "./install.ts";
import { keepRunning } from "./keep-running.ts";
import { withLock } from "./lock.ts";
import { checkPostgres, databaseUrlOf, POSTGRES_STOP, postgresServer, type Durability } from "./postgres.ts";
import { isRunning, stopProcess } from "./process-identity.ts";
import { checkRedis, REDIS_STOP, redisServer, redisUrlOf } from "./redis.ts";
import { readState, writeState, type State } from "./state.ts";

export interface ServerUrls {
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

export interface Servers extends ServerUrls {
  /** Stops both and removes their data. */
  readonly stop: () => Promise<void>;
}

export interface ServerOptions extends Context {
  /** Folder for state, data and logs; one instance a folder. */
  readonly dir: string;
  readonly durability?: Durability;
}

const LOCK = "lock";
const LOCK_MS = 300_000;

/**
 * A private Redis and Postgres with pgvector that answer. What runs already from this folder is used again, what is half
 * dead is repaired on the data it has, and what the machine lacks is installed where that can be done. They outlive this process.
 * @throws Error that says what to do next when they cannot be had
 */
export async function startServers(options: ServerOptions): Promise<Servers> {
  const running = await statusOf(options.dir);
  const urls = running ?? (await startMissing(options));
  return { ...urls, stop: () => stopServers(options) };
}

/** The addresses of the servers started from this folder when both answer. */
export async function statusOf(dir: string): Promise<ServerUrls | undefined> {
  const state = await readState(dir);
  if (state?.postgres === undefined || state.redis === undefined) return undefined;
  const { postgres, redis, home } = state;
  if (!(await isRunning(postgres)) || !(await isRunning(redis))) return undefined;
  try {
    await Promise.all([access(join(home, "postgres", "PG_VERSION")), access(join(home, "redis"))]);
    await Promise.all([checkPostgres(postgres.port), checkRedis(redis.port)]);
  } catch {
    return undefined;
  }
  return { databaseUrl: databaseUrlOf(postgres.port), redisUrl: redisUrlOf(redis.port) };
}

/** Stops the servers started from this folder, and no others, and removes the folder. Fine when there are none. */
export async function stopServers(options: ServerOptions): Promise<void> {
  const { dir } = options;
  if (!(await exists(dir))) return;
  await withLock(join(dir, LOCK), LOCK_MS, options, async () => {
    const state = await readState(dir);
    await Promise.all([
      state?.postgres && stopProcess("Postgres", state.postgres, POSTGRES_STOP),
      state?.redis && stopProcess("Redis", state.redis, REDIS_STOP),
    ]);
    if (state !== undefined && state.home !== dir) await rm(state.home, { recursive: true, force: true });
    const names = (await readdir(dir)).filter((name) => !name.startsWith(LOCK));
    for (const name of names) await rm(join(dir, name), { recursive: true, force: true, maxRetries: 3 });
  });
  // Not empty when somebody waits for the lock: then the folder is theirs.
  await rmdir(dir).catch(() => undefined);
}

/** Stops and removes what test runs left behind that ended without cleaning up; folders are named `<prefix><pid>-...`. */
export async function sweepAbandoned(prefix: string, context: Context): Promise<void> {
  const parent = dirname(prefix);
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const pid = new RegExp(`^${basename(prefix)}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || (await pidIsUsed(Number(pid)))) continue;
    await stopServers({ ...context, dir: join(parent, name) }).catch(() => undefined);
  }
}

async function startMissing(options: ServerOptions): Promise<ServerUrls> {
  const { dir, durability = "normal" } = options;
  const binaries = await haveServers(options);
  const account = await serverAccount();
  return withLock(join(dir, LOCK), LOCK_MS, options, async () => {
    const found = await readState(dir);
    const home = found !== undefined && (await exists(found.home)) ? found.home : await makeHome(dir, account);
    let state: State = { ...found, home };
    await writeState(dir, state);
    const save = async (part: Partial<State>): Promise<void> => {
      state = { ...state, ...part };
      await writeState(dir, state);
    };
    options.log("Starting Postgres and Redis ...");
    const postgres = await keepRunning(
      postgresServer(binaries.postgres, home, account, durability),
      found?.postgres,
      (record) => save({ postgres: record }),
      options,
    );
    const redis = await keepRunning(
      redisServer(binaries.redisServer, home, account),
      found?.redis,
      (record) => save({ redis: record }),
      options,
    );
    return { databaseUrl: databaseUrlOf(postgres.port), redisUrl: redisUrlOf(redis.port) };
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function pidIsUsed(pid: number): Promise<boolean> {
  return (await processStart(pid)) !== undefined;
}
