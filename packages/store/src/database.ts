import pg from "pg";
import { PolysemeError } from "@polyseme/core";
import { CopyOut, type CopiedRow } from "./copy-out.ts";
import { openHeldSnapshot, openSnapshot, type DeclareCursors, type Snapshot } from "./snapshot.ts";
import { submitWithSettings, type StatementSettings } from "./statement-settings.ts";
import { asStoreError } from "./store-error.ts";

export interface Rows<Row> {
  readonly rows: Row[];
  readonly rowCount: number;
}

/** Something that runs SQL: a pool, or the connection of one transaction. */
export interface Sql {
  /** @throws PolysemeError `unavailable` when Postgres cannot be reached or is starting, stopping or full; else the driver's error */
  query<Row extends object>(text: string, params?: readonly unknown[]): Promise<Rows<Row>>;
}

/** The connections of a pool at one moment. */
export interface PoolUse {
  readonly open: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  /** Connections that are opened at most. */
  readonly limit: number;
}

/** A connection that its user has alone, so that what is set or locked on it holds from one statement to the next. */
export interface Session extends Sql {
  /** It is in no state to be used again: what was set or locked could not be undone. */
  discard(): void;
}

export interface Database extends Sql {
  /** Commits what `work` did, or nothing of it when it throws. */
  withTransaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * For reading much in parts that belong together. Close it however the reading ended.
   * @param declare what is seen then is seen in all of the snapshot; declares the cursors to read it by
   * @throws PolysemeError as `query`, or what `declare` throws
   */
  openSnapshot<T>(declare: DeclareCursors<T>): Promise<Snapshot<T>>;
  /**
   * One statement under settings that hold for it alone, from its planning on, in one round trip.
   * @param settings names and values of the server's settings, such as `{"hnsw.ef_search": "100"}`
   * @throws PolysemeError as `query`
   */
  queryWith<Row extends object>(
    settings: StatementSettings,
    text: string,
    params?: readonly unknown[],
  ): Promise<Rows<Row>>;
  /**
   * Lends a session for statements that must not stand in a transaction; whoever borrows it undoes what it set.
   * @throws PolysemeError as `query`; what `work` throws
   */
  withSession<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /**
   * Rows of a query that returns many bytes, in their binary formats. Resolves when there are no more.
   * @param select without parameters: literals in it are escaped
   * @param onRow called with each as it comes; what it throws is not caught
   * @throws PolysemeError as `query`
   */
  copyOut(select: string, onRow: (row: CopiedRow) => void): Promise<void>;
  /** The type number of `vector` in this database, which the binary array format names. Known after migration. */
  vectorOid(): Promise<number>;
  /** The same of `sparsevec`. */
  sparseOid(): Promise<number>;
  close(): Promise<void>;
}

export interface PooledDatabase extends Database {
  use(): PoolUse;
}

/** What `pg.Pool` and the embedded pool have in common. */
export interface PoolLike {
  query(text: string, params?: unknown[]): Promise<pg.QueryResult>;
  connect(): Promise<ClientLike>;
  end(): Promise<void>;
}

export interface ClientLike {
  query(text: string, params?: unknown[]): Promise<pg.QueryResult>;
  query<T extends pg.Submittable>(query: T): T;
  /** An error given here means the connection is not to be used again. */
  release(error?: Error): void;
}

const INT8_OID = 20;

/** Row decoding shared by both sizes: counts and revisions are below 2^53, so bigint columns become numbers. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary"): ((value: string) => unknown) =>
    oid === INT8_OID
      ? Number
      : (pg.types.getTypeParser(oid, format) as (value: string) => unknown)) as typeof pg.types.getTypeParser,
};

export interface PostgresOptions {
  /** Connections at most; the bound on what one process may ask of Postgres at once. */
  readonly maxConnections: number;
  readonly onIdleError: (error: Error) => void;
}

/** What a pg.Pool holds at this moment. */
export function poolUse(pool: Pick<pg.Pool, "totalCount" | "idleCount" | "waitingCount" | "options">): PoolUse {
  const { totalCount: open, idleCount: idle, waitingCount: waiting, options } = pool;
  return { open, idle, waiting, limit: options.max };
}

/** A pool on a Postgres server; nothing is connected until the first query. */
export function openPostgres(databaseUrl: string, options: PostgresOptions): PooledDatabase {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.maxConnections,
    types: typeParsers,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    // A peer that vanished without a word is noticed by the kernel, not by a query that hangs for ever.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: "polyseme",
  });
  // An idle connection that breaks is replaced on the next query; without a listener it would end the process.
  pool.on("error", options.onIdleError);
  pool.on("connect", outliveErrors);
  return Object.assign(databaseOver(pool), { use: () => poolUse(pool) });
}

/**
 * For each new client of a pool. The pool listens for errors while a client is idle only: one that breaks between two
 * statements of a transaction would end the process. Its next statement fails, and that is how its user learns of it.
 */
export function outliveErrors(client: pg.PoolClient): void {
  client.on("error", () => undefined);
}

/**
 * The Database on top of any pool.
 * @param options.sharedSession all clients of the pool are turns in one session, which nobody may hold for long
 */
export function databaseOver(pool: PoolLike, options: { readonly sharedSession?: boolean } = {}): Database {
  const sql = sqlOver(pool);
  const oids = new Map<string, Promise<number>>();
  const oidOf = (type: "vector" | "sparsevec"): Promise<number> => {
    const known = oids.get(type);
    if (known !== undefined) return known;
    const asked = sql.query<{ oid: number }>("select $1::regtype::oid::int as oid", [type]).then(
      ({ rows }) => {
        const found = rows[0]?.oid;
        if (found === undefined) throw new PolysemeError("unavailable", `Postgres does not know the type ${type}.`);
        return found;
      },
      (error: unknown) => {
        oids.delete(type);
        throw error;
      },
    );
    oids.set(type, asked);
    return asked;
  };
  return {
    ...sql,
    async withTransaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asStoreError(error);
      });
      let broken: Error | undefined;
      try {
        const inside = sqlOver(client);
        await inside.query("begin");
        try {
          const result = await work(inside);
          await inside.query("commit");
          return result;
        } catch (error) {
          await client.query("rollback").catch((rollbackError: unknown) => {
            broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
          });
          throw error;
        }
      } finally {
        client.release(broken);
      }
    },
    openSnapshot: (declare) =>
      options.sharedSession === true
        ? openHeldSnapshot(pool, sqlOver, sql, declare)
        : openSnapshot(pool, sqlOver, declare),
    async queryWith<Row extends object>(settings: StatementSettings, text: string, params: readonly unknown[] = []) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asStoreError(error);
      });
      try {
        const rows = await submitWithSettings(client, settings, { text, values: [...params], types: typeParsers });
        client.release();
        return { rows: rows as Row[], rowCount: rows.length };
      } catch (error) {
        // As the pool does after a statement that failed: the connection may be what failed.
        client.release(error instanceof Error ? error : new Error(String(error)));
        throw asStoreError(error);
      }
    },
    async withSession(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asStoreError(error);
      });
      let broken: Error | undefined;
      const discard = (): void => {
        broken = new Error("The session was given up");
      };
      try {
        return await work({ ...sqlOver(client), discard });
      } finally {
        client.release(broken);
      }
    },
    async copyOut(select, onRow) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asStoreError(error);
      });
      try {
        await client.query(new CopyOut(`copy (${select}) to stdout (format binary)`, onRow)).ended;
        client.release();
      } catch (error) {
        // As the pool does after a statement that failed: the connection may be what failed.
        client.release(error instanceof Error ? error : new Error(String(error)));
        throw asStoreError(error);
      }
    },
    vectorOid: () => oidOf("vector"),
    sparseOid: () => oidOf("sparsevec"),
    close: () => pool.end(),
  };
}

function sqlOver(runner: { query(text: string, params?: unknown[]): Promise<pg.QueryResult> }): Sql {
  return {
    async query<Row extends object>(text: string, params: readonly unknown[] = []) {
      try {
        const result = await (params.length === 0 ? runner.query(text) : runner.query(text, [...params]));
        return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 };
      } catch (error) {
        throw asStoreError(error);
      }
    },
  };
}
