import { access, readFile, rename, rm } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { processStart } from "@polyseme/core";
import { makePrivate } from "./account.ts";
import { run, type Account } from "./command.ts";
import { atLeast, OLDEST_PGVECTOR, type Postgres } from "./find.ts";
import { HOST, type Server } from "./keep-running.ts";
import { spawnDetached, type StopSignals } from "./process-identity.ts";

/** `test`: a crash of the machine may lose data, which makes tests faster. A crash of the server alone loses nothing. */
export type Durability = "normal" | "test";

const SUPERUSER = "postgres";
const DATABASE = "polyseme";

/** Fast shutdown, then one without a checkpoint, then the end. */
export const POSTGRES_STOP: StopSignals = [
  ["SIGINT", 10_000],
  ["SIGQUIT", 5_000],
  ["SIGKILL", 5_000],
];

/** Where to find the database `polyseme` of a server on this port. */
export function databaseUrlOf(port: number): string {
  return `postgresql://${SUPERUSER}@${HOST}:${port}/${DATABASE}`;
}

/** A Postgres with its data in `home`, open to this machine alone, without passwords. */
export function postgresServer(
  binaries: Postgres,
  home: string,
  account: Account | undefined,
  durability: Durability,
): Server {
  const data = join(home, "postgres");
  const logFile = join(home, "postgres.log");
  return {
    name: "Postgres",
    logFile,
    stopSignals: POSTGRES_STOP,
    async start(port) {
      await initialise(binaries, data, account);
      await forgetEnded(data);
      const settings = [...Object.entries(settingsFor(port, durability))].flatMap(([name, value]) => [
        "-c",
        `${name}=${value}`,
      ]);
      return spawnDetached(join(binaries.bin, "postgres"), ["-D", data, ...settings], { logFile, cwd: data, account });
    },
    async check(port) {
      // A server whose files were deleted still answers for a while.
      await access(join(data, "PG_VERSION"));
      await checkPostgres(port);
    },
  };
}

/** Returns when the server answers and its database exists and can have pgvector; makes the database where it is missing. */
export async function checkPostgres(port: number): Promise<void> {
  const client = new pg.Client({
    host: HOST,
    port,
    user: SUPERUSER,
    database: SUPERUSER,
    // Said here, because else the environment of the caller decides.
    ssl: false,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  });
  // A connection that breaks between two queries must not end the process; the next query reports it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const databases = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
    if (databases.rowCount === 0) await client.query(`create database ${DATABASE}`);
    const extension = await client.query<{ version: string }>(
      "select default_version as version from pg_available_extensions where name = 'vector'",
    );
    const version = extension.rows[0]?.version ?? "none";
    if (!atLeast(version, OLDEST_PGVECTOR))
      throw new Error(`Postgres finds pgvector ${version}, but ${OLDEST_PGVECTOR} or newer is needed`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function settingsFor(port: number, durability: Durability): Record<string, string | number> {
  return {
    port,
    listen_addresses: HOST,
    // One way in is enough, and a socket's path has a length limit that deep folders exceed.
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: "256MB",
    // Vector indexes build in memory when they fit, and much slower when they do not.
    maintenance_work_mem: "256MB",
    fsync: durability === "test" ? "off" : "on",
    synchronous_commit: "on",
    timezone: "UTC",
    log_timezone: "UTC",
  };
}

/** Made aside and renamed: a folder with the final name is complete, whenever the making was cut off. */
async function initialise(binaries: Postgres, data: string, account: Account | undefined): Promise<void> {
  const made = await access(join(data, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (made) return;
  const fresh = `${data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
  await makePrivate(fresh, account);
  const locale = platform() === "linux" ? "C.UTF-8" : "en_US.UTF-8";
  const options = ["-D", fresh, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", `--locale=${locale}`, "--no-sync"];
  await run(join(binaries.bin, "initdb"), options, { withinMs: 120_000, account });
  await rename(fresh, data);
}

/**
 * Removes the lock file of a killed predecessor that Postgres itself would respect: it takes a zombie for a running server,
 * and where nobody collects ended processes, as in many containers, a zombie stays for ever.
 */
async function forgetEnded(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  const segment = lines[6]?.trim().split(/\s+/)[1];
  if (platform() !== "linux" || !Number.isInteger(pid) || pid <= 0 || segment === undefined) return;
  if ((await processStart(pid)) !== undefined) return;
  // Its children end soon after it. While one still uses the shared memory, the data is not free.
  for (let tries = 0; tries < 100; tries++) {
    if (!(await isAttached(segment))) {
      await rm(file, { force: true });
      return;
    }
    await pause(50);
  }
}

async function isAttached(segment: string): Promise<boolean> {
  const table = await readFile("/proc/sysvipc/shm", "utf8");
  const row = table.split("\n").find((line) => line.trim().split(/\s+/)[1] === segment);
  return row !== undefined && row.trim().split(/\s+/)[6] !== "0";
}
