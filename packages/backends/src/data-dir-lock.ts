import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { kill } from "node:process";
import { isRecord, PolysemeError } from "@polyseme/core";

/** Who holds a data folder; `url` is there once the holder serves HTTP. */
export interface DataDirHolder {
  readonly pid: number;
  readonly host: string;
  /** Start time as the kernel counts it, where it tells: a pid that was given to another process does not match. */
  readonly startedAt: string | null;
  readonly url?: string;
}

export interface DataDirLock {
  /** Lets commands find the running server. */
  publishUrl(url: string): Promise<void>;
  release(): Promise<void>;
}

const FILE = "lock.json";
const TAKE_ATTEMPTS = 3;

/**
 * Takes the folder for this process. The embedded database has no lock of its own, and a second writer destroys it
 * silently.
 * @throws PolysemeError `conflict` that names the process that has it
 */
export async function lockDataDir(dataDir: string, pid: number): Promise<DataDirLock> {
  const folder = resolve(dataDir);
  await mkdir(folder, { recursive: true });
  const path = join(folder, FILE);
  const holder: DataDirHolder = { pid, host: hostname(), startedAt: await startTime(pid) };
  for (let attempt = 1; attempt <= TAKE_ATTEMPTS; attempt += 1) {
    if (await createExclusively(path, holder)) {
      return {
        publishUrl: (url) => writeFile(path, JSON.stringify({ ...holder, url })),
        release: () => rm(path, { force: true }),
      };
    }
    const other = await readDataDirHolder(folder);
    if (other !== undefined) throw heldBy(folder, other);
    await rm(path, { force: true });
  }
  throw new PolysemeError(
    "conflict",
    `The data folder ${folder} is being taken by another process right now. Try again.`,
  );
}

/** The living process that holds the folder, if any. A holder on another machine cannot be checked and counts as living. */
export async function readDataDirHolder(dataDir: string): Promise<DataDirHolder | undefined> {
  const text = await readFile(join(resolve(dataDir), FILE), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const holder = parseHolder(text);
  if (holder === undefined) return undefined;
  if (holder.host !== hostname()) return holder;
  if (holder.startedAt === null) return undefined;
  return (await startTime(holder.pid)) === holder.startedAt ? holder : undefined;
}

function heldBy(folder: string, holder: DataDirHolder): PolysemeError {
  const here = holder.host === hostname();
  const who = here ? `process ${holder.pid}` : `process ${holder.pid} on ${holder.host}`;
  const advice = here
    ? `Use that server${holder.url === undefined ? "" : ` (${holder.url})`}, stop it, or set POLYSEME_DATA_DIR to another folder.`
    : `If that machine no longer runs it, remove ${join(folder, FILE)}.`;
  return new PolysemeError("conflict", `The data folder ${folder} is in use by ${who}. ${advice}`, {
    details: { field: "POLYSEME_DATA_DIR", pid: holder.pid },
  });
}

/** The file appears with its content or not at all: a half-written one would look like nobody's. */
async function createExclusively(path: string, holder: DataDirHolder): Promise<boolean> {
  const draft = `${path}.${holder.pid}`;
  await writeFile(draft, JSON.stringify(holder));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function parseHolder(text: string): DataDirHolder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || typeof value["pid"] !== "number" || typeof value["host"] !== "string") return undefined;
    const startedAt = typeof value["startedAt"] === "string" ? value["startedAt"] : null;
    const holder = { pid: value["pid"], host: value["host"], startedAt };
    return typeof value["url"] === "string" ? { ...holder, url: value["url"] } : holder;
  } catch {
    return undefined;
  }
}

/** When the process started, in a form to compare; null when there is no such process. */
async function startTime(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // Field 22, counted behind the command name, which may hold spaces and parentheses.
  if (stat !== undefined) return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  return isAlive(pid) ? "alive" : null;
}

function isAlive(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
