import type { Database, Sql } from "./database.ts";
import { errorCode } from "./store-error.ts";

/** Marks a table that no generation has any more; call in the transaction that takes the generation away. */
export async function markUnused(sql: Sql, table: string): Promise<void> {
  await sql.query("insert into polyseme_store.unused_tables (name) values ($1) on conflict do nothing", [table]);
}

/** A search that reads the table holds it for as long; whoever comes next tries again. */
const WAIT_FOR_READERS_MS = 2_000;

/** Drops the tables that were marked, each by itself. Answers how many; what others hold is left for the next call. */
export async function dropUnusedTables(database: Database): Promise<number> {
  const { rows } = await database.query<{ name: string }>(
    "select name from polyseme_store.unused_tables order by name",
  );
  let dropped = 0;
  for (const { name } of rows) {
    const done = await database
      .withTransaction(async (sql) => {
        await sql.query(`set local lock_timeout = ${WAIT_FOR_READERS_MS}`);
        // The name is one that chunkTable made: numbers only.
        await sql.query(`drop table if exists ${name}`);
        await sql.query("delete from polyseme_store.unused_tables where name = $1", [name]);
        return true;
      })
      .catch((error: unknown) => {
        if (errorCode(error) === LOCK_NOT_AVAILABLE) return false;
        throw error;
      });
    if (done) dropped += 1;
  }
  return dropped;
}

const LOCK_NOT_AVAILABLE = "55P03";
