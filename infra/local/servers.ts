import { access, readdir, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { processStart } from "@polyseme/core";
import { makeHome, serverAccount } from "./account.ts";
import type { Account, Context } from "./command.ts";
import type { Binaries } from "./find.ts";
import { haveServers } from "./install.ts";
import { keepRunning } from "./keep-running.ts";
import { withLock } from "./lock.ts";
import { checkPostgres, databaseUrlOf, POSTGRES_STOP, postgresServer, type Durability } from "./postgres.ts";
import { isRunning, stopProcess } from "./process-identity.ts";
import { checkRedisSet, keepRedisSet, redisUrlOfSet, stopRedisSet } from "./redis-set.ts";
import { readState, writeState, type RedisKind, type State } from "./state.ts";

export interface ServerUrls {
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

export interface Servers extends ServerUrls {
  /** Stops all and removes their data. */
  readonly stop: () => Promise<void>;
}

export interface ServerOptions extends Context {
  /** Folder for state, data and logs; one instance a folder. */
  readonly dir: string;
  readonly durability?: Durability;
  /** What kind of Redis; absent: the one that this folder has, or a single one. */
  readonly redis?: RedisKind | undefined;
}

export interface RedisAlone {
  readonly redisUrl: string;
  readonly stop: () => Promise<void>;
}

const LOCK = "lock";
const LOCK_MS = 300_000;

/**
 * A private Redis and Postgres with pgvector that answer. What runs already from this folder is used again, what is half
 * dead is repaired on the data it has, and what the machine lacks is installed where that can be done. They outlive this process.
 * @throws Error that says what to do next when they cannot be had
 */
export async function startServers(options: ServerOptions): Promise<Servers> {
  await refuseOtherKind(options);
  const running = await statusOf(options.dir);
  const urls = running ?? (await startMissing(options));
  return { ...urls, stop: () => stopServers(options) };
}

/** The same without Postgres. */
export async function startRedis(options: ServerOptions): Promise<RedisAlone> {
  await refuseOtherKind(options);
  const redisUrl = await inFolder(options, (place) => keepRedis(options, place));
  return { redisUrl, stop: () => stopServers(options) };
}

/** The addresses of the servers started from this folder when all answer. */
export async function statusOf(dir: string): Promise<ServerUrls | undefined> {
  const state = await readState(dir);
  if (state?.postgres === undefined || state.redis === undefined) return undefined;
  const { postgres, redis, home } = state;
  if (!(await isRunning(postgres))) return undefined;
  try {
    await access(join(home, "postgres", "PG_VERSION"));
    await Promise.all([checkPostgres(postgres.port), checkRedisSet(redis)]);
  } catch {
    return undefined;
  }
  return { databaseUrl: databaseUrlOf(postgres.port), redisUrl: redisUrlOfSet(redis) };
}

/** Stops the servers started from this folder, and no others, and removes the folder. Fine when there are none. */
export async function stopServers(options: ServerOptions): Promise<void> {
  const { dir } = options;
  if (!(await exists(dir))) return;
  await withLock(join(dir, LOCK), LOCK_MS, options, async () => {
    const state = await readState(dir);
    await Promise.all([
      state?.postgres && stopProcess("Postgres", state.postgres, POSTGRES_STOP),
      state?.redis && stopRedisSet(state.redis),
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

/** A folder under its lock: what was found in it, what programs there are, and where to write down what is started. */
interface Place {
  readonly found: State | undefined;
  readonly home: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly save: (part: Partial<State>) => Promise<void>;
}

async function inFolder<T>(options: ServerOptions, work: (place: Place) => Promise<T>): Promise<T> {
  const { dir } = options;
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
    return work({ found, home, binaries, account, save });
  });
}

function startMissing(options: ServerOptions): Promise<ServerUrls> {
  return inFolder(options, async (place) => {
    const { found, home, binaries, account, save } = place;
    options.log("Starting Postgres and Redis ...");
    const postgres = await keepRunning(
      postgresServer(binaries.postgres, home, account, options.durability ?? "normal"),
      found?.postgres,
      (record) => save({ postgres: record }),
      options,
    );
    return { databaseUrl: databaseUrlOf(postgres.port), redisUrl: await keepRedis(options, place) };
  });
}

async function keepRedis(options: ServerOptions, place: Place): Promise<string> {
  const { found, home, binaries, account, save } = place;
  const kind = found?.redis?.kind ?? options.redis ?? "single";
  const here = { program: binaries.redisServer, home, account };
  return redisUrlOfSet(
    await keepRedisSet(kind, here, found?.redis?.servers ?? [], (redis) => save({ redis }), options),
  );
}

/** One folder has one Redis: turning it into another kind would leave its data behind. */
async function refuseOtherKind({ dir, redis }: ServerOptions): Promise<void> {
  const found = (await readState(dir))?.redis?.kind;
  if (redis === undefined || found === undefined || found === redis) return;
  throw new Error(
    `${dir} has a Redis of the kind "${found}": run \`npm run servers -- down\` first, or give another --dir.`,
  );
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
