import type { Database, Session, Sql } from "../database.ts";
import { errorCode } from "../store-error.ts";
import { INDEX_SCHEMA, type IndexSpec } from "./index-spec.ts";

/** Any number that is ours alone: two builds at once would share the server's memory and workers, and both be late. */
const BUILD_LOCK = 7_305_927;

export interface BuildOptions {
  /** Memory that the build may use; the server's own setting where that is more. */
  readonly memoryBytes?: number;
  /** False: writers of the table wait meanwhile. For the embedded stack, whose one session nobody can write beside. */
  readonly concurrently?: boolean;
}

/**
 * built     it was not there, and is ready now
 * there     it was ready already
 * busy      another build is under way in this database, or what is left of an earlier one is in use; ask again later
 */
export type BuildOutcome = "built" | "there" | "busy";

/**
 * Builds an index while its table is read and written, on a session of its own, one at a time in a database. What an
 * earlier build left unfinished is dropped first.
 * @param signal aborted: the build is cancelled and what there is of it dropped
 * @throws PolysemeError `unavailable`; the signal's reason; else the driver's error, such as of a definition that is wrong
 */
export async function buildIndex(
  database: Database,
  spec: IndexSpec,
  signal: AbortSignal,
  options: BuildOptions = {},
): Promise<BuildOutcome> {
  signal.throwIfAborted();
  return withBuildSession(database, async (session) => {
    if (!(await tryLock(session))) return "busy";
    const before = await stateOf(session, spec.name);
    if (before === "ready") return "there";
    if (before === "invalid" && !(await dropOn(session, spec.name))) return "busy";
    await giveMemory(session, options.memoryBytes);
    await create(database, session, spec, { signal, concurrently: options.concurrently ?? true });
    return "built";
  });
}

/**
 * Drops an index, or what is left of one, without holding up whoever uses its table.
 * @returns false: it was in use for too long, or is not there
 */
export async function dropIndex(database: Database, name: string): Promise<boolean> {
  return withBuildSession(database, (session) => dropOn(session, name));
}

/** Whoever reads or writes the table for longer than this is not waited for by a drop. */
const DROP_WAIT_MS = 10_000;
const LOCK_NOT_AVAILABLE = "55P03";
const NO_SUCH_OBJECT = "42704";
const DISK_OR_SHARED_MEMORY_FULL = "53100";
const QUERY_CANCELED = "57014";

/** A session without time limits, which is left as it was found. */
async function withBuildSession<T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> {
  return database.withSession(async (session) => {
    try {
      await session.query("set statement_timeout = 0");
      return await work(session);
    } finally {
      // With the session gone, so are its lock and settings.
      await session.query(`select pg_advisory_unlock(${BUILD_LOCK})`).catch(() => {
        session.discard();
      });
      for (const setting of SET_HERE) await session.query(`reset ${setting}`).catch(() => undefined);
    }
  });
}

/** Not all: the embedded stack's session has settings of its own. */
const SET_HERE = ["statement_timeout", "lock_timeout", "maintenance_work_mem", "max_parallel_maintenance_workers"];

async function dropOn(session: Sql, name: string): Promise<boolean> {
  try {
    await session.query(`set lock_timeout = ${DROP_WAIT_MS}`);
    await session.query(`drop index concurrently ${INDEX_SCHEMA}.${name}`);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === LOCK_NOT_AVAILABLE || code === NO_SUCH_OBJECT) return false;
    throw error;
  } finally {
    await session.query("reset lock_timeout").catch(() => undefined);
  }
}

async function tryLock(session: Sql): Promise<boolean> {
  const { rows } = await session.query<{ mine: boolean }>(`select pg_try_advisory_lock(${BUILD_LOCK}) as mine`);
  return rows[0]?.mine === true;
}

async function stateOf(sql: Sql, name: string): Promise<"ready" | "invalid" | "none"> {
  const { rows } = await sql.query<{ valid: boolean }>(
    `select i.indisvalid as valid from pg_class c join pg_index i on i.indexrelid = c.oid
     where c.relnamespace = '${INDEX_SCHEMA}'::regnamespace and c.relname = $1`,
    [name],
  );
  const [row] = rows;
  return row === undefined ? "none" : row.valid ? "ready" : "invalid";
}

/** Raises the session's memory for the build, never lowers it: whoever set more for the server meant it. */
async function giveMemory(session: Sql, wantedBytes: number | undefined): Promise<void> {
  if (wantedBytes === undefined) return;
  const { rows } = await session.query<{ bytes: number }>(
    "select pg_size_bytes(current_setting('maintenance_work_mem')) as bytes",
  );
  if ((rows[0]?.bytes ?? 0) >= wantedBytes) return;
  await session.query("select set_config('maintenance_work_mem', $1, false)", [`${Math.ceil(wantedBytes / 1_024)}kB`]);
}

async function create(
  database: Sql,
  session: Sql,
  spec: IndexSpec,
  { signal, concurrently }: { signal: AbortSignal; concurrently: boolean },
): Promise<void> {
  const { rows } = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
  const pid = rows[0]?.pid ?? 0;
  const cancel = (): void => {
    // Best effort: a build that is not cancelled ends by itself.
    database.query("select pg_cancel_backend($1)", [pid]).catch(() => undefined);
  };
  signal.addEventListener("abort", cancel, { once: true });
  try {
    signal.throwIfAborted();
    await createOnce(session, spec, concurrently ? "concurrently" : "");
  } catch (error) {
    await dropOn(session, spec.name).catch(() => undefined);
    if (errorCode(error) === QUERY_CANCELED) signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function createOnce(session: Sql, { name, on, using }: IndexSpec, how: string): Promise<void> {
  const statement = `create index ${how} ${name} on ${on} ${using}`;
  try {
    await session.query(statement);
  } catch (error) {
    if (errorCode(error) !== DISK_OR_SHARED_MEMORY_FULL) throw error;
    // Parallel workers share their memory through /dev/shm, of which a container has 64 MB; one process needs none of it.
    await dropOn(session, name);
    await session.query("set max_parallel_maintenance_workers = 0");
    await session.query(statement);
  }
}
