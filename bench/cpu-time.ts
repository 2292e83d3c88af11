import { readdir, readFile } from "node:fs/promises";
import { Redis } from "ioredis";
import pg from "pg";
import type { ServerUrls } from "../infra/local/servers.ts";

/** CPU seconds that something has used since it started; NaN where it cannot be seen. */
export type CpuSource = () => Promise<number>;

/** CPU seconds by the name of who used them. */
export type CpuSeconds = Readonly<Record<string, number>>;

/** What /proc counts in, on every Linux. */
const TICKS_PER_SECOND = 100;

/** Reads all sources; what cannot be seen is left out. */
export async function readCpu(sources: Readonly<Record<string, CpuSource>>): Promise<CpuSeconds> {
  const read = await Promise.all(
    Object.entries(sources).map(async ([name, source]) => [name, await source().catch(() => NaN)] as const),
  );
  return Object.fromEntries(read.filter(([, seconds]) => !Number.isNaN(seconds)));
}

/** What each one used between two readings. */
export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? NaN)]));
}

/** A process with all of its threads. */
export function processCpu(pid: number): CpuSource {
  return async () => (await readStat(pid)).ownSeconds;
}

/** All of Postgres: every process under the one that took our connection. Seen only on the same machine. */
export function postgresCpu({ databaseUrl }: Pick<ServerUrls, "databaseUrl">): CpuSource {
  return async () => {
    const root = await postmasterOf(databaseUrl);
    const { ownSeconds, endedChildrenSeconds } = await readStat(root);
    const others = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const children = await Promise.all(
      others.map(async (pid) => {
        // A process may be gone by now; then its parent counts it.
        const stat = await readStat(pid).catch(() => undefined);
        return stat?.parent === root ? stat.ownSeconds : 0;
      }),
    );
    return ownSeconds + endedChildrenSeconds + children.reduce((sum, seconds) => sum + seconds, 0);
  };
}

export function redisCpu({ redisUrl }: Pick<ServerUrls, "redisUrl">): CpuSource {
  return async () => {
    const redis = new Redis(redisUrl.split(",")[0] ?? redisUrl);
    try {
      const info = await redis.info("cpu");
      const read = (name: string): number => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1]);
      return read("used_cpu_user") + read("used_cpu_sys");
    } finally {
      redis.disconnect();
    }
  };
}

/** The most memory that a process has held, in MiB; NaN where it cannot be seen. */
export async function peakMemoryMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

async function postmasterOf(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const { name, parent } = await readStat(rows[0]?.pid ?? 0);
    // On another machine the number belongs to somebody else here.
    if (name !== "postgres") throw new Error("This Postgres runs elsewhere");
    return parent;
  } finally {
    await client.end();
  }
}

interface Stat {
  readonly name: string;
  readonly parent: number;
  readonly ownSeconds: number;
  readonly endedChildrenSeconds: number;
}

async function readStat(pid: number): Promise<Stat> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const nameEnd = text.lastIndexOf(")");
  // From the third field of proc(5) on: the name before may hold spaces.
  const fields = text.slice(nameEnd + 2).split(" ");
  const ticks = (field: number): number => Number(fields[field - 3]);
  return {
    name: text.slice(text.indexOf("(") + 1, nameEnd),
    parent: ticks(4),
    ownSeconds: (ticks(14) + ticks(15)) / TICKS_PER_SECOND,
    endedChildrenSeconds: (ticks(16) + ticks(17)) / TICKS_PER_SECOND,
  };
}
