import type { PoolLike, Sql } from "./database.ts";
import { asStoreError } from "./store-error.ts";

/** What several statements see of the database, which is the same for all of them. */
export interface Snapshot<T> {
  /** What was asked for when it was taken, cursors among it. */
  readonly value: T;
  /** Where the cursors can be read, until `close`. */
  readonly sql: Sql;
  /** To be called once or more often; cursors are to be closed before it. */
  close(): Promise<void>;
}

/** How a cursor is declared so that it can be read after `declare` is done. */
export type CursorHold = "without hold" | "with hold";

export type DeclareCursors<T> = (sql: Sql, hold: CursorHold) => Promise<T>;

/**
 * On a server: a transaction on a connection of its own, which keeps old row versions for as long as it lasts.
 * @param sqlOver runs SQL on a client
 */
export async function openSnapshot<T>(
  pool: PoolLike,
  sqlOver: (client: Awaited<ReturnType<PoolLike["connect"]>>) => Sql,
  declare: DeclareCursors<T>,
): Promise<Snapshot<T>> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asStoreError(error);
  });
  const sql = sqlOver(client);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= client.query("rollback").then(
      () => {
        client.release();
      },
      (error: unknown) => {
        client.release(error instanceof Error ? error : new Error(String(error)));
      },
    ));
  try {
    await sql.query("begin isolation level repeatable read read only");
    return { value: await declare(sql, "without hold"), sql, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Where all share one session, nobody may hold it for as long as a reader takes: the cursors keep their rows, in temporary
 * files, and are read between the statements of others.
 */
export async function openHeldSnapshot<T>(
  pool: PoolLike,
  sqlOver: (client: Awaited<ReturnType<PoolLike["connect"]>>) => Sql,
  shared: Sql,
  declare: DeclareCursors<T>,
): Promise<Snapshot<T>> {
  const client = await pool.connect();
  const sql = sqlOver(client);
  try {
    await sql.query("begin isolation level repeatable read");
    try {
      const value = await declare(sql, "with hold");
      await sql.query("commit");
      return { value, sql: shared, close: () => Promise.resolve() };
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      throw error;
    }
  } finally {
    client.release();
  }
}
