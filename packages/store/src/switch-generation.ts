import { PolysemeError } from "@polyseme/core";
import { countMigration, getMigration, type Migration } from "./collection-migrations.ts";
import { pointViewAt } from "./collections.ts";
import type { Database, Sql } from "./database.ts";
import { lockGenerations } from "./generation-lock.ts";
import { errorCode } from "./store-error.ts";

/** Writers wait meanwhile, so it gives up soon where somebody reads the collection's view in a long transaction. */
const WAIT_FOR_LOCKS_MS = 3_000;
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Makes the new generation the live one; the old one follows it from now on. In one transaction, so that every search
 * answers from one of them.
 * @param options.force also with documents that failed in the new generation: they become failed documents of the
 * collection, to be redriven
 * @throws PolysemeError `not_found`; `conflict` when the new one has not caught up, has failures, or is live already
 */
export async function cutOver(
  database: Database,
  name: string,
  options: { readonly force: boolean },
): Promise<Migration> {
  return inTurn(database, name, async (sql, migration) => {
    const { collection, to } = migration;
    if (migration.phase === "live")
      throw new PolysemeError("conflict", `Generation ${to} of "${name}" is live already.`, {
        details: { field: "collection" },
      });
    const { failures: _, ...documents } = await countMigration(sql, collection.id);
    const details = { field: "collection", documents };
    if (!migration.allListed || documents.pending > 0)
      throw new PolysemeError(
        "conflict",
        `Generation ${to} of "${name}" has not caught up: ${documents.pending} documents are still to be done.`,
        { details },
      );
    if (documents.failed > 0 && !options.force)
      throw new PolysemeError(
        "conflict",
        `${documents.failed} documents failed in generation ${to} of "${name}". See GET /v1/collections/${name}/migration; {"force": true} goes on without them.`,
        { details },
      );
    await sql.query(
      `update polyseme_store.documents d set state = 'failed', stored_revision = 0, failed_at = now(),
         error_code = q.error_code, error_message = q.error_message
       from polyseme_store.followed_documents q
       where q.collection_id = $1 and d.collection_id = q.collection_id and d.id = q.id and d.state = 'stored'`,
      [collection.id],
    );
    await swap(sql, migration, "cutover_at = now(), rolled_back_at = null");
  });
}

/**
 * Makes the old generation live again; the new one follows it. What the old one does not have yet is queued again, so that
 * it is missing for a moment and lost never.
 * @throws PolysemeError `not_found`; `conflict` when the old one is live already
 */
export async function rollBack(database: Database, name: string): Promise<Migration> {
  return inTurn(database, name, async (sql, migration) => {
    if (migration.phase !== "live")
      throw new PolysemeError("conflict", `Generation ${migration.from} of "${name}" is the live one already.`, {
        details: { field: "collection" },
      });
    await sql.query(
      `update polyseme_store.documents d set state = 'queued', stored_revision = 0, attempts = 0, next_attempt_at = now()
       from polyseme_store.followed_documents q
       where q.collection_id = $1 and d.collection_id = q.collection_id and d.id = q.id and d.state = 'stored'`,
      [migration.collection.id],
    );
    await swap(sql, migration, "rolled_back_at = now()");
  });
}

/** @throws PolysemeError `conflict` when a lock was not to be had in time */
async function inTurn(
  database: Database,
  name: string,
  work: (sql: Sql, migration: Migration) => Promise<void>,
): Promise<Migration> {
  try {
    return await database.withTransaction(async (sql) => {
      await sql.query(`set local lock_timeout = ${WAIT_FOR_LOCKS_MS}`);
      await lockGenerations(sql, name);
      await work(sql, await getMigration(sql, name));
      return getMigration(sql, name);
    });
  } catch (error) {
    if (errorCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new PolysemeError(
      "conflict",
      `"${name}" was held by others for ${WAIT_FOR_LOCKS_MS} ms, such as by a transaction that reads its view. Try again.`,
      { details: { field: "collection" }, cause: error },
    );
  }
}

async function swap(
  sql: Sql,
  { collection: { id, name, generation }, follower }: Migration,
  set: string,
): Promise<void> {
  // What is listed was for the one that is live from now on.
  await sql.query("delete from polyseme_store.followed_documents where collection_id = $1", [id]);
  await sql.query(
    `update polyseme_store.collections c set live_generation = c.following_generation, following_generation = c.live_generation,
       language = (select g.language from polyseme_store.generations g where g.collection_id = c.id and g.number = c.following_generation)
     where c.id = $1`,
    [id],
  );
  await sql.query(`update polyseme_store.collection_migrations set ${set} where collection_id = $1`, [id]);
  const target = { number: follower.number, sameColumns: follower.dimensions === generation.dimensions };
  await pointViewAt(sql, name, id, target);
  // Locked, so that an alias that is on its way to another collection is not brought back.
  const aliases = await sql.query<{ name: string }>(
    "select name from polyseme_store.aliases where collection_id = $1 order by name for update",
    [id],
  );
  for (const alias of aliases.rows) await pointViewAt(sql, alias.name, id, target);
}
