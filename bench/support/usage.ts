import { readFile } from "node:fs/promises";
import { setTimeout as after } from "node:timers/promises";
import { cpuBetween, postgresCpu, processCpu, readCpu, redisCpu, type CpuSeconds } from "../cpu-time.ts";

/** Who used how many CPU seconds while `work` ran: the servers, this process and the given ones. */
export async function withCpuUse<T>(
  who: { databaseUrl: string; redisUrl: string; processes: Readonly<Record<string, number>> },
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpu: CpuSeconds }> {
  const sources = {
    postgres: postgresCpu(who),
    redis: redisCpu(who),
    generator: processCpu(process.pid),
    ...Object.fromEntries(Object.entries(who.processes).map(([name, pid]) => [name, processCpu(pid)])),
  };
  const before = await readCpu(sources);
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1_000;
  return { result, seconds, cpu: cpuBetween(before, await readCpu(sources)) };
}

/** "postgres 1.20 s (40 %), ...": CPU seconds, and as a share of one core over the time. */
export function describeCpu(cpu: CpuSeconds, seconds: number): string {
  return Object.entries(cpu)
    .map(([name, used]) => `${name} ${used.toFixed(2)} s (${Math.round((100 * used) / seconds)} %)`)
    .join(", ");
}

const SAMPLE_EVERY_MS = 500;

/** Resident memory in MB (2^20 bytes); undefined when the process is gone. */
async function rssOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1_024;
}

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
