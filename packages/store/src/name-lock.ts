import type { Sql } from "./database.ts";

/** Any number that is ours alone, beside a name's hash. */
const LOCK_CLASS = 730_593;

/**
 * Collections and aliases share their names, and no index spans both tables: whoever gives or takes a name holds this to the
 * end of its transaction.
 */
export async function lockName(sql: Sql, name: string): Promise<void> {
  await sql.query(`select pg_advisory_xact_lock(${LOCK_CLASS}, hashtext($1))`, [name]);
}
