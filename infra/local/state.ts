import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "./process-identity.ts";

/** A server that was started: which process it is and where it listens. */
export interface ServerRecord extends ProcessIdentity {
  readonly port: number;
}

export const REDIS_KINDS = ["single", "cluster", "sentinel"] as const;
export type RedisKind = (typeof REDIS_KINDS)[number];

/** The processes that together are one Redis, in the order of their roles at the start. */
export interface RedisSet {
  readonly kind: RedisKind;
  readonly servers: readonly ServerRecord[];
}

/** What `up` leaves behind for later calls. */
export interface State {
  /** Folder with all servers' data and logs. */
  readonly home: string;
  readonly postgres?: ServerRecord;
  readonly redis?: RedisSet;
}

const FILE = "state.json";

/** What an earlier call wrote; undefined: nothing was started in this folder. */
export async function readState(dir: string): Promise<State | undefined> {
  const file = join(dir, FILE);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const state = parse(text);
  if (state === undefined)
    throw new Error(`${file} cannot be read: stop the servers started from ${dir} by hand, delete it, then run again.`);
  return state;
}

/** Written aside and renamed, so that a reader finds the old state or the new one, never half of one. */
export async function writeState(dir: string, state: State): Promise<void> {
  const file = join(dir, FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

function parse(text: string): State | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof State, unknown>>;
    if (typeof value.home !== "string") return undefined;
    const postgres = toRecord(value.postgres);
    const redis = toRedisSet(value.redis);
    return { home: value.home, ...(postgres && { postgres }), ...(redis && { redis }) };
  } catch {
    return undefined;
  }
}

function toRedisSet(value: unknown): RedisSet | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind: found, servers } = value as Partial<Record<keyof RedisSet, unknown>>;
  const kind = REDIS_KINDS.find((one) => one === found);
  if (kind === undefined || !Array.isArray(servers)) return undefined;
  const records = servers.map(toRecord);
  return records.every((record) => record !== undefined) ? { kind, servers: records } : undefined;
}

function toRecord(value: unknown): ServerRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, startedAt, port } = value as Partial<Record<keyof ServerRecord, unknown>>;
  if (typeof pid !== "number" || typeof startedAt !== "string" || typeof port !== "number") return undefined;
  return { pid, startedAt, port };
}
