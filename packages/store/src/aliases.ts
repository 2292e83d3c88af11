import { isStorable, PolysemeError } from "@polyseme/core";
import { pointViewAt, quoteIdentifier, type Collection } from "./collections.ts";
import type { Database, Sql } from "./database.ts";
import { lockName } from "./name-lock.ts";
import { errorCode } from "./store-error.ts";

export interface Alias {
  readonly name: string;
  /** The collection's own name. */
  readonly collection: string;
  readonly createdAt: Date;
  /** When it came to stand for this collection. */
  readonly changedAt: Date;
}

const COLUMNS = `a.name, c.name as collection, a.created_at as "createdAt", a.changed_at as "changedAt"`;
const FROM = "from polyseme_store.aliases a join polyseme_store.collections c on c.id = a.collection_id";

/** All aliases in the order of their names. */
export async function listAliases(sql: Sql): Promise<Alias[]> {
  return (await sql.query<Alias>(`select ${COLUMNS} ${FROM} order by a.name`)).rows;
}

/** Names of the aliases of a collection. */
export async function aliasesOf(sql: Sql, collectionId: number): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    "select name from polyseme_store.aliases where collection_id = $1 order by name",
    [collectionId],
  );
  return rows.map(({ name }) => name);
}

/** Readers of the alias's view hold it; pushes by the alias do not. */
const WAIT_FOR_LOCKS_MS = 3_000;
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Makes an alias or lets it stand for another collection, with its view, in one transaction: whoever asks after it gets the
 * new one, and nobody gets a part of either.
 * @param name passed `checkCollectionName`
 * @param target the collection's own name
 * @throws PolysemeError `not_found` without the collection; `conflict` when the name is a collection's, when the target is
 * an alias itself, or when the alias's view is held by others
 */
export async function setAlias(
  database: Database,
  name: string,
  target: string,
): Promise<{ alias: Alias; created: boolean }> {
  try {
    return await database.withTransaction((sql) => point(sql, name, target));
  } catch (error) {
    if (errorCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new PolysemeError(
      "conflict",
      `"${name}" was held by others for ${WAIT_FOR_LOCKS_MS} ms, such as by a transaction that reads its view. Try again.`,
      { details: { field: "alias" }, cause: error },
    );
  }
}

/** Removes an alias with its view; what it stood for stays. False when there was none. */
export async function deleteAlias(database: Database, name: string): Promise<boolean> {
  if (!isStorable(name)) return false;
  return database.withTransaction(async (sql) => {
    await lockName(sql, name);
    const { rowCount } = await sql.query("delete from polyseme_store.aliases where name = $1", [name]);
    if (rowCount === 0) return false;
    await sql.query(`drop view if exists polyseme.${quoteIdentifier(name)}`);
    return true;
  });
}

/**
 * For what is done to a collection itself rather than with what is in it.
 * @throws PolysemeError `conflict` when it was found by an alias
 */
export function requireOwnName({ name }: Collection, asked: string): void {
  if (name === asked) return;
  throw new PolysemeError("conflict", `"${asked}" is an alias of the collection "${name}". Name that one for this.`, {
    details: { field: "collection", collection: name },
  });
}

async function point(sql: Sql, name: string, target: string): Promise<{ alias: Alias; created: boolean }> {
  await sql.query(`set local lock_timeout = ${WAIT_FOR_LOCKS_MS}`);
  await lockName(sql, name);
  if ((await sql.query("select from polyseme_store.collections where name = $1", [name])).rowCount > 0)
    throw new PolysemeError("conflict", `"${name}" is a collection. An alias needs a name of its own.`, {
      details: { field: "alias" },
    });
  const wanted = await lockTarget(sql, target);
  const before = await sql.query<{ dimensions: number }>(
    `select g.dimensions from polyseme_store.aliases a join polyseme_store.collections c on c.id = a.collection_id
     join polyseme_store.generations g on g.collection_id = c.id and g.number = c.live_generation where a.name = $1`,
    [name],
  );
  await sql.query(
    `insert into polyseme_store.aliases as a (name, collection_id) values ($1, $2)
     on conflict (name) do update set collection_id = excluded.collection_id, changed_at = now()
     where a.collection_id <> excluded.collection_id`,
    [name, wanted.id],
  );
  const dimensions = before.rows[0]?.dimensions;
  const sameColumns = dimensions === undefined || dimensions === wanted.dimensions;
  await pointViewAt(sql, name, wanted.id, { number: wanted.generation, sameColumns });
  const { rows } = await sql.query<Alias>(`select ${COLUMNS} ${FROM} where a.name = $1`, [name]);
  const [alias] = rows;
  if (alias === undefined) throw new Error("An alias that was just written is not there");
  return { alias, created: dimensions === undefined };
}

/** The collection, which neither goes nor changes its live generation before the end of the transaction. */
async function lockTarget(sql: Sql, target: string): Promise<{ id: number; generation: number; dimensions: number }> {
  const found = isStorable(target)
    ? await sql.query<{ id: number; generation: number }>(
        `select id, live_generation as generation from polyseme_store.collections where name = $1 for share`,
        [target],
      )
    : { rows: [] };
  const [collection] = found.rows;
  if (collection === undefined) {
    const isAlias =
      isStorable(target) &&
      (await sql.query("select from polyseme_store.aliases where name = $1", [target])).rowCount > 0;
    throw isAlias
      ? new PolysemeError("conflict", `"${target}" is an alias itself. Name the collection that it stands for.`, {
          details: { field: "collection" },
        })
      : new PolysemeError("not_found", `There is no collection "${target}".`, { details: { field: "collection" } });
  }
  const { rows } = await sql.query<{ dimensions: number }>(
    "select dimensions from polyseme_store.generations where collection_id = $1 and number = $2",
    [collection.id, collection.generation],
  );
  return { ...collection, dimensions: rows[0]?.dimensions ?? 0 };
}
