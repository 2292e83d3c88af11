import { readdir, readFile } from "node:fs/promises";
import { Redis } from "ioredis";
import type { World } from "./world.ts";

/** What must stay flat, at one moment; by name. */
export type Sample = ReadonlyMap<string, number>;

export interface Verdict {
  readonly name: string;
  readonly first: number;
  readonly second: number;
  readonly last: number;
  readonly flat: boolean;
}

/** Growth from the second third to the last one that is no growth: noise, and what a fault left open at the moment. */
const SLACK = { share: 0.1, absolute: 5 };
const REDIS_MS = 2_000;

/** Memory in MB, open files and connections now; a part that does not answer in a fault is left out. */
export async function takeSample(world: World): Promise<Sample> {
  const sample = new Map<string, number>();
  for (const { name, pid } of world.services) {
    if (pid === undefined) continue;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    const files = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
    if (kib !== undefined) sample.set(`${name} MB`, Number(kib) / 1_024);
    if (files !== undefined) sample.set(`${name} files`, files.length);
  }
  const [postgres] = await world.sql<{ connections: number; pending: number; oldest: number }>(
    `select (select count(*)::int from pg_stat_activity where application_name = 'polyseme') as connections,
       count(*)::int as pending, coalesce(extract(epoch from now() - min(received_at)), 0)::float8 as oldest
     from polyseme_store.documents where state in ('queued', 'embedding')`,
  );
  if (postgres !== undefined) {
    sample.set("Postgres connections", postgres.connections);
    sample.set("pending documents", postgres.pending);
    sample.set("oldest pending s", postgres.oldest);
  }
  const redis = await redisConnections(world).catch(() => undefined);
  if (redis !== undefined) sample.set("Redis connections", redis);
  return sample;
}

async function redisConnections(world: World): Promise<number> {
  const redis = new Redis(world.servers.redisUrl, {
    retryStrategy: () => null,
    commandTimeout: REDIS_MS,
    connectTimeout: REDIS_MS,
  });
  redis.on("error", () => undefined);
  try {
    return Number(/^connected_clients:(\d+)/m.exec(await redis.info("clients"))?.[1]);
  } finally {
    redis.disconnect();
  }
}

/** Medians of the thirds, as faults make single samples jump. What waits is no matter of growth and not judged. */
export function judge(samples: readonly Sample[]): Verdict[] {
  const names = [...new Set(samples.flatMap((sample) => [...sample.keys()]))].filter(
    (name) => name !== "pending documents" && name !== "oldest pending s",
  );
  return names.map((name) => {
    const values = samples.map((sample) => sample.get(name)).filter((value) => value !== undefined);
    const third = Math.ceil(values.length / 3);
    const [first, second, last] = [0, 1, 2].map((i) => median(values.slice(i * third, (i + 1) * third)));
    const before = second ?? NaN;
    const after = last ?? NaN;
    return {
      name,
      first: first ?? NaN,
      second: before,
      last: after,
      flat: after <= before * (1 + SLACK.share) + SLACK.absolute,
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
