import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import pg from "pg";
import type { ServerUrls } from "../infra/local/servers.ts";

/** Where the figures come from: without it they mean nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Of Node and of the libraries that do the work, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Each library's version is read as the package that uses it sees it. */
const LIBRARIES = { "onnxruntime-node": "encoder", tokenizers: "encoder", bullmq: "queue", pg: "store" } as const;

export function describeMachine(): Machine {
  const versions = Object.entries(LIBRARIES).map(([name, user]) => [name, versionOf(name, user)] as const);
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    versions: { node: process.versions.node, ...Object.fromEntries(versions) },
  };
}

/** The versions of the servers, and what decides how long a commit takes. */
export async function serverVersions({ databaseUrl, redisUrl }: ServerUrls): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; fsync: string; vector: string | null }>(
      `select current_setting('server_version') as version, current_setting('fsync') as fsync,
              (select default_version from pg_available_extensions where name = 'vector') as vector`,
    );
    const [found] = rows;
    return {
      postgres: `${found?.version ?? "unknown"}, fsync ${found?.fsync ?? "unknown"}`,
      pgvector: found?.vector ?? "unknown",
      redis: await redisVersion(redisUrl),
    };
  } finally {
    await client.end();
  }
}

export function showMachine({ cpu, cores, memoryGiB, versions }: Machine): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB\n${software.join(", ")}`;
}

async function redisVersion(redisUrl: string): Promise<string> {
  const redis = new Redis(redisUrl.split(",")[0] ?? redisUrl);
  try {
    return /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "unknown";
  } finally {
    redis.disconnect();
  }
}

function versionOf(library: string, user: string): string {
  const require = createRequire(fileURLToPath(new URL(`../packages/${user}/package.json`, import.meta.url)));
  // Some packages do not export their package.json, so it is looked for beside their entry.
  for (const folder of require.resolve.paths(library) ?? []) {
    try {
      return (createRequire(`${folder}/`)(`${folder}/${library}/package.json`) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return "unknown";
}
