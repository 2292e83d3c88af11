import { access, constants, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ask } from "./command.ts";

export const OLDEST_POSTGRES = 15;
export const OLDEST_PGVECTOR = "0.8";

export interface Postgres {
  /** Folder with postgres, initdb and pg_config. */
  readonly bin: string;
  readonly major: number;
  /** Version of the pgvector this server can load. */
  readonly pgvector: string | undefined;
}

export interface Found {
  readonly redisServer: string | undefined;
  /** The best server there is: one with a new enough pgvector before one without, then the newest. */
  readonly postgres: Postgres | undefined;
}

/** Both servers, as startable. */
export interface Binaries {
  readonly redisServer: string;
  readonly postgres: Postgres;
}

/** Looks for the servers' programs on this machine; installs nothing. */
export async function findServers(): Promise<Found> {
  const [redisServer, bins] = await Promise.all([onPath("redis-server"), postgresFolders()]);
  const servers = (await Promise.all(bins.map(inspectPostgres))).filter((server) => server !== undefined);
  servers.sort((a, b) => Number(hasPgvector(b)) - Number(hasPgvector(a)) || b.major - a.major);
  return { redisServer, postgres: servers[0] };
}

/** The found servers when nothing is missing. */
export function complete(found: Found): Binaries | undefined {
  const { redisServer, postgres } = found;
  if (redisServer === undefined || postgres === undefined || !hasPgvector(postgres)) return undefined;
  return { redisServer, postgres };
}

export function hasPgvector(postgres: Postgres): boolean {
  return postgres.pgvector !== undefined && atLeast(postgres.pgvector, OLDEST_PGVECTOR);
}

/** Compares the leading numbers of two versions: `0.8.0-1` is at least `0.8`. */
export function atLeast(version: string, wanted: string): boolean {
  // A Debian epoch ("1:") is not part of the version of the software.
  const has = numbers(version.replace(/^\d+:/, ""));
  const wants = numbers(wanted);
  for (const [index, want] of wants.entries()) {
    const part = has[index] ?? 0;
    if (part !== want) return part > want;
  }
  return true;
}

function numbers(version: string): number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
}

async function onPath(program: string): Promise<string | undefined> {
  // Homes of system programs that a plain user's PATH often lacks come last.
  const lookUp = 'PATH="$PATH:/usr/local/bin:/usr/bin:/usr/sbin:/opt/homebrew/bin"; command -v "$1"';
  const path = await ask("sh", ["-c", lookUp, "sh", program]);
  return path?.startsWith("/") === true ? path : undefined;
}

async function postgresFolders(): Promise<string[]> {
  const debian = "/usr/lib/postgresql";
  const majors = await readdir(debian).catch(() => []);
  const folders = majors.map((major) => join(debian, major, "bin"));
  const program = await onPath("postgres");
  if (program !== undefined) folders.push(dirname(program));
  return [...new Set(folders)];
}

async function inspectPostgres(bin: string): Promise<Postgres | undefined> {
  for (const program of ["postgres", "initdb", "pg_config"]) if (!(await runs(join(bin, program)))) return undefined;
  const version = await ask(join(bin, "postgres"), ["--version"]);
  const major = Number(/(\d+)(?:\.\d+|devel|beta\d+|rc\d+)/.exec(version ?? "")?.[1] ?? 0);
  return major < OLDEST_POSTGRES ? undefined : { bin, major, pgvector: await pgvectorOf(bin) };
}

/** The version of the extension's control file, when its library is there too. */
async function pgvectorOf(bin: string): Promise<string | undefined> {
  const pgConfig = join(bin, "pg_config");
  const [share, libraries] = await Promise.all([ask(pgConfig, ["--sharedir"]), ask(pgConfig, ["--pkglibdir"])]);
  if (share === undefined || libraries === undefined) return undefined;
  const control = await readFile(join(share, "extension", "vector.control"), "utf8").catch(() => "");
  const files: string[] = await readdir(libraries).catch(() => []);
  if (!files.includes("vector.so") && !files.includes("vector.dylib")) return undefined;
  return /^default_version\s*=\s*'([^']+)'/m.exec(control)?.[1];
}

async function runs(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
