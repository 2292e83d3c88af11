import { readdir, readFile } from "node:fs/promises";
import { setTimeout as after } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";

/** Linux counts CPU time in ticks of this length for every program that asks (`USER_HZ`). */
const TICKS_A_SECOND = 100;

interface ProcessTimes {
  readonly parent: number;
  /** CPU seconds of the process, and of its children that have ended and were waited for. */
  readonly own: number;
  readonly ended: number;
}

async function readTimes(pid: number | string): Promise<ProcessTimes | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const seconds = (index: number): number => Number(fields[index]) / TICKS_A_SECOND;
  return { parent: Number(fields[1]), own: seconds(11) + seconds(12), ended: seconds(13) + seconds(14) };
}

/** CPU seconds that a process has used so far; 0 when it is not on this machine. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  return (await readTimes(pid))?.own ?? 0;
}

/** Resident memory in MB (2^20 bytes); undefined when the process is gone. */
export async function rssOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1_024;
}

/** CPU seconds so far of all of the Postgres server's processes, while it is on this machine. */
export async function postgresCpuSeconds(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const server = (await readTimes(rows[0]?.pid ?? 0))?.parent;
    if (server === undefined) return 0;
    const all = await Promise.all((await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(readTimes));
    const children = all.filter((times) => times?.parent === server).reduce((sum, times) => sum + (times?.own ?? 0), 0);
    const { own, ended } = (await readTimes(server)) ?? { own: 0, ended: 0 };
    return children + own + ended;
  } finally {
    await client.end();
  }
}

export async function redisCpuSeconds(redisUrl: string): Promise<number> {
  const redis = new Redis(redisUrl);
  try {
    const info = await redis.info("cpu");
    const read = (name: string): number => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? 0);
    return read("used_cpu_sys") + read("used_cpu_user");
  } finally {
    redis.disconnect();
  }
}

/** Who used how many CPU seconds while `work` ran. */
export async function withCpuUse<T>(
  who: { databaseUrl: string; redisUrl: string; processes: Readonly<Record<string, number>> },
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpu: Record<string, number> }> {
  const read = async (): Promise<Record<string, number>> => ({
    postgres: await postgresCpuSeconds(who.databaseUrl),
    redis: await redisCpuSeconds(who.redisUrl),
    generator: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    ...Object.fromEntries(
      await Promise.all(
        Object.entries(who.processes).map(async ([name, pid]) => [name, await cpuSecondsOf(pid)] as const),
      ),
    ),
  });
  const before = await read();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1_000;
  const now = await read();
  const cpu = Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value - (before[name] ?? 0)]));
  return { result, seconds, cpu };
}

/** "postgres 1.20 s (40 %), ...": CPU seconds, and as a share of one core over the time. */
export function describeCpu(cpu: Readonly<Record<string, number>>, seconds: number): string {
  return Object.entries(cpu)
    .map(([name, used]) => `${name} ${used.toFixed(2)} s (${Math.round((100 * used) / seconds)} %)`)
    .join(", ");
}

const SAMPLE_EVERY_MS = 500;

/** Resident memory of a process, in MB, every half second while `work` runs. */
export async function sampleRss<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ result: T; samples: { atMs: number; mb: number }[] }> {
  const samples: { atMs: number; mb: number }[] = [];
  const done = new AbortController();
  const started = performance.now();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      const mb = await rssOf(pid);
      if (mb !== undefined) samples.push({ atMs: performance.now() - started, mb });
      await after(SAMPLE_EVERY_MS, undefined, { signal: done.signal }).catch(() => undefined);
    }
  })();
  try {
    return { result: await work(), samples };
  } finally {
    done.abort();
    await sampling;
  }
}
