import { mkdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import {
  isRecord,
  lockFilePath,
  newestLockFile,
  PolysemeError,
  processStart,
  replaceLockFile,
  takeLockFile,
} from "@polyseme/core";

/** Who holds a data folder; `url` is there once the holder serves HTTP. */
export interface DataDirHolder {
  readonly pid: number;
  readonly host: string;
  /** When it began, as `processStart` tells. */
  readonly startedAt: string | null;
  readonly url?: string;
}

export interface DataDirLock {
  /** Lets commands find the running server. */
  publishUrl(url: string): Promise<void>;
  /** Once; later calls do nothing. */
  release(): Promise<void>;
}

const TAKE_ATTEMPTS = 20;

/**
 * Takes the folder for this process. The embedded database has no lock of its own, and a second writer destroys it
 * silently.
 * @throws PolysemeError `conflict` that names the process that has it
 */
export async function lockDataDir(dataDir: string, pid: number): Promise<DataDirLock> {
  const folder = resolve(dataDir);
  await mkdir(folder, { recursive: true });
  const holder: DataDirHolder = { pid, host: hostname(), startedAt: (await processStart(pid)) ?? null };
  for (let attempt = 1; attempt <= TAKE_ATTEMPTS; attempt += 1) {
    const newest = await newestLockFile(folder);
    const other = newest === undefined ? undefined : await livingHolder(folder, newest);
    if (other !== undefined) throw heldBy(folder, other);
    const mine = (newest ?? 0) + 1;
    if (await takeLockFile(folder, mine, holder)) return heldLock(folder, mine, holder);
  }
  throw new PolysemeError(
    "conflict",
    `The data folder ${folder} is being taken by another process right now. Try again.`,
  );
}

/** The living process that holds the folder, if any. A holder on another machine cannot be checked and counts as living. */
export async function readDataDirHolder(dataDir: string): Promise<DataDirHolder | undefined> {
  const folder = resolve(dataDir);
  const newest = await newestLockFile(folder);
  return newest === undefined ? undefined : livingHolder(folder, newest);
}

function heldLock(folder: string, number: number, holder: DataDirHolder): DataDirLock {
  let released = false;
  return {
    async publishUrl(url) {
      if (!released) await replaceLockFile(folder, number, { ...holder, url });
    },
    async release() {
      if (released) return;
      released = true;
      await replaceLockFile(folder, number, {});
    },
  };
}

async function livingHolder(folder: string, number: number): Promise<DataDirHolder | undefined> {
  const text = await readFile(lockFilePath(folder, number), "utf8").catch(() => undefined);
  const holder = text === undefined ? undefined : parseHolder(text);
  if (holder === undefined) return undefined;
  if (holder.host !== hostname()) return holder;
  if (holder.startedAt === null) return undefined;
  return (await processStart(holder.pid)) === holder.startedAt ? holder : undefined;
}

function heldBy(folder: string, holder: DataDirHolder): PolysemeError {
  const here = holder.host === hostname();
  const who = here ? `process ${holder.pid}` : `process ${holder.pid} on ${holder.host}`;
  const server = holder.url === undefined ? "" : ` (${holder.url})`;
  const advice = here
    ? `Use that server${server}, stop it, or set POLYSEME_DATA_DIR to another folder.`
    : `If that machine no longer runs it, remove the lock files in ${folder}.`;
  return new PolysemeError("conflict", `The data folder ${folder} is in use by ${who}. ${advice}`, {
    details: { field: "POLYSEME_DATA_DIR", pid: holder.pid },
  });
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
