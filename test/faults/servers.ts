import { readdir, readFile, rm, chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { processStart } from "@polyseme/core";
import { makeHome, serverAccount } from "../../infra/local/account.ts";
import type { Context } from "../../infra/local/command.ts";
import { haveServers } from "../../infra/local/install.ts";
import { keepRunning, type Server } from "../../infra/local/keep-running.ts";
import { databaseUrlOf, postgresServer, POSTGRES_STOP } from "../../infra/local/postgres.ts";
import { isRunning, stopProcess } from "../../infra/local/process-identity.ts";
import { REDIS_STOP, redisServer, redisUrlOf } from "../../infra/local/redis.ts";
import { stopServers } from "../../infra/local/servers.ts";
import { readState, writeState, type ServerRecord } from "../../infra/local/state.ts";
import { mountDisk, unmountUnder, type Disk } from "./disk.ts";

/** Runs that were cut off are known by it, and swept. */
const PREFIX = join(tmpdir(), "polyseme-fault-run-");
const SERVICES_FILE = "services.txt";
const REDIS_FOLDER = "redis";
const CONTEXT: Context = { log: () => undefined };

export type ServerName = "postgres" | "redis";

/** A Redis and a Postgres that a run has to itself, so that they may be killed. */
export interface FaultServers {
  /** Folder of the run; what is in it goes with `stop`. */
  readonly dir: string;
  /** Where services write down who they are, for a later run to end them after a crash of this one. */
  readonly servicesFile: string;
  readonly ports: Readonly<Record<ServerName, number>>;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** The small filesystem that holds their data; undefined: this machine does not let us mount one. */
  readonly disk: Disk | undefined;
  pid(name: ServerName): number;
  signal(name: ServerName, signal: NodeJS.Signals): void;
  /** kill -9, and back only by `start`. */
  kill(name: ServerName): Promise<void>;
  /** Postgres's own fast shutdown. */
  shutDown(name: ServerName): Promise<void>;
  /** Starts what has ended, on the data and the port it had; nothing to do when it answers. */
  start(name: ServerName): Promise<void>;
  /** Only while Redis is down. */
  loseRedisData(): Promise<void>;
  stop(): Promise<void>;
}

/** @param diskMb size of a filesystem of their own for the data; undefined: they share the machine's */
export async function startFaultServers(diskMb: number | undefined): Promise<FaultServers> {
  await sweep();
  const binaries = await haveServers(CONTEXT);
  const account = await serverAccount();
  const dir = await mkdtemp(`${PREFIX}${process.pid}-`);
  await chmod(dir, 0o755);
  const disk = diskMb === undefined ? undefined : await mountDisk(join(dir, "disk"), diskMb);
  const home = await makeHome(disk?.folder ?? dir, account);
  const servers: Readonly<Record<ServerName, Server>> = {
    postgres: postgresServer(binaries.postgres, home, account, "test"),
    redis: redisServer({ program: binaries.redisServer, home, name: REDIS_FOLDER, account }),
  };
  const records: Partial<Record<ServerName, ServerRecord>> = {};

  const start = async (name: ServerName): Promise<void> => {
    const before = records[name];
    const save = async (record: ServerRecord): Promise<void> => {
      records[name] = record;
      const { postgres, redis } = records;
      await writeState(dir, {
        home,
        ...(postgres && { postgres }),
        ...(redis && { redis: { kind: "single", servers: [redis] } }),
      });
    };
    const record = await keepRunning(servers[name], before, save, CONTEXT);
    if (before !== undefined && record.port !== before.port)
      throw new Error(`${servers[name].name} lost its port ${before.port} to another program`);
  };
  const recordOf = (name: ServerName): ServerRecord => {
    const record = records[name];
    if (record === undefined) throw new Error(`${name} was not started`);
    return record;
  };
  const stop = (): Promise<void> => endRun(dir);

  try {
    await start("postgres");
    await start("redis");
  } catch (error) {
    await stop();
    throw error;
  }
  const ports = { postgres: recordOf("postgres").port, redis: recordOf("redis").port };
  return {
    dir,
    servicesFile: join(dir, SERVICES_FILE),
    ports,
    databaseUrl: databaseUrlOf(ports.postgres),
    redisUrl: redisUrlOf(ports.redis),
    disk,
    pid: (name) => recordOf(name).pid,
    signal: (name, signal) => {
      process.kill(recordOf(name).pid, signal);
    },
    kill: (name) => stopProcess(name, recordOf(name), [["SIGKILL", 5_000]]),
    shutDown: (name) => stopProcess(name, recordOf(name), name === "postgres" ? POSTGRES_STOP : REDIS_STOP),
    start,
    loseRedisData: () => rm(join(home, REDIS_FOLDER), { recursive: true, force: true }),
    stop,
  };
}

/** Ends what a run started, in whatever state it is, and removes its folder. */
async function endRun(dir: string): Promise<void> {
  const services = await readFile(join(dir, SERVICES_FILE), "utf8").catch(() => "");
  for (const line of services.split("\n").filter((one) => one !== "")) {
    const [pid = "", startedAt = ""] = line.split(" ");
    await stopProcess("a service", { pid: Number(pid), startedAt }, [["SIGKILL", 5_000]]);
  }
  const state = await readState(dir);
  for (const record of [state?.postgres, ...(state?.redis?.servers ?? [])])
    // A stopped process would not hear that it is to end.
    if (record !== undefined && (await isRunning(record))) process.kill(record.pid, "SIGCONT");
  await Promise.all([
    state?.postgres &&
      stopProcess("Postgres", state.postgres, [
        ["SIGQUIT", 5_000],
        ["SIGKILL", 5_000],
      ]),
    ...(state?.redis?.servers ?? []).map((record) => stopProcess("Redis", record, [["SIGKILL", 5_000]])),
  ]);
  await unmountUnder(dir);
  await stopServers({ ...CONTEXT, dir });
}

async function sweep(): Promise<void> {
  const parent = dirname(PREFIX);
  for (const name of await readdir(parent)) {
    const pid = new RegExp(`^${basename(PREFIX)}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || (await processStart(Number(pid))) !== undefined) continue;
    await endRun(join(parent, name)).catch(() => undefined);
  }
}
