import { isStorable, PolysemeError } from "@polyseme/core";
import type { Sql } from "./database.ts";

/** Any number that is ours alone, beside a collection's. */
const LOCK_CLASS = 730_592;

/**
 * For the `from` of a statement that locks a collection's row with `for share`, to write to one of its generations. Row
 * locks know no line: with writers that come and go, whoever changes the roles would wait for ever. This lock has one.
 * @param collectionId how the statement names the collection's number
 */
export function writersGate(collectionId: string): string {
  return `(select pg_advisory_xact_lock_shared(${LOCK_CLASS}, ${collectionId}::int)) as gate`;
}

/**
 * The collection's number, for whoever changes the roles of its generations: all who write chunks have committed, the next
 * ones wait and see the change. Pushes go on.
 * @throws PolysemeError `not_found`
 */
export async function lockGenerations(sql: Sql, name: string): Promise<number> {
  const lock = `select id from polyseme_store.collections where name = $1`;
  const { rows } = isStorable(name) ? await sql.query<{ id: number }>(lock, [name]) : { rows: [] };
  const id = rows[0]?.id;
  if (id !== undefined) {
    await sql.query(`select pg_advisory_xact_lock(${LOCK_CLASS}, $1::int)`, [id]);
    if ((await sql.query(`${lock} and id = $2 for no key update`, [name, id])).rowCount > 0) return id;
  }
  throw new PolysemeError("not_found", `There is no collection "${name}".`, { details: { field: "collection" } });
}
