import { isStorable, PolysemeError } from "@polyseme/core";
import {
  chunkTable,
  getCollection,
  INDEX_SETTINGS,
  makeGeneration,
  sparseJson,
  type Collection,
  type Generation,
  type NewGeneration,
} from "./collections.ts";
import type { Database, Sql } from "./database.ts";
import { sharesTokens } from "./follow-method.ts";
import { lockGenerations } from "./generation-lock.ts";
import type { Overlap } from "./overlap.ts";
import { tokenTable } from "./token-tables.ts";
import { markUnused } from "./unused-tables.ts";

/** A collection with the generation that follows its live one. */
export interface Following {
  readonly collection: Collection;
  readonly follower: Generation;
  /** Every document of the collection was looked at once. */
  readonly allListed: boolean;
}

/**
 * building     the new generation follows the old one, which is live
 * live         the new one is live, the old one follows it
 * rolled_back  the old one is live again
 */
export type MigrationPhase = "building" | "live" | "rolled_back";

export interface Migration extends Following {
  readonly from: number;
  readonly to: number;
  readonly phase: MigrationPhase;
  readonly startedAt: Date;
  readonly cutoverAt: Date | null;
  /** Measured once the new one has caught up; null: not yet, or `overlapReason` says why not. */
  readonly overlap: Overlap | null;
  readonly overlapReason: string | null;
}

const generationJson = (alias: string): string =>
  `json_build_object('number', ${alias}.number, 'model', ${alias}.model, 'dimensions', ${alias}.dimensions,
    'measure', ${alias}.search_measure, 'tokenSet', ${alias}.token_set, 'sparse', ${sparseJson(alias)},
    'chunking', ${alias}.chunking, 'language', ${alias}.language, 'tokens', json_build_object('tokenVectors', ${alias}.token_vectors,
    'tokenPooling', ${alias}.token_pooling, 'lateChunking', ${alias}.late_chunking))`;

const SELECT = `select json_build_object('id', c.id, 'name', c.name, 'language', c.language,
    'index', ${INDEX_SETTINGS}, 'generation', ${generationJson("g")}) as collection, c.created_at as "createdAt",
    ${generationJson("f")} as follower, m.all_listed as "allListed", m.from_generation as "from", m.to_generation as "to",
    case when c.live_generation = m.to_generation then 'live' when m.rolled_back_at is not null then 'rolled_back'
      else 'building' end as phase,
    m.started_at as "startedAt", m.cutover_at as "cutoverAt", m.overlap, m.overlap_reason as "overlapReason"
  from polyseme_store.collections c
  join polyseme_store.collection_migrations m on m.collection_id = c.id
  join polyseme_store.generations g on g.collection_id = c.id and g.number = c.live_generation
  join polyseme_store.generations f on f.collection_id = c.id and f.number = c.following_generation`;

type Row = Omit<Migration, "collection"> & {
  readonly collection: Omit<Collection, "createdAt">;
  readonly createdAt: Date;
};

const toMigration = ({ createdAt, ...row }: Row): Migration => ({
  ...row,
  collection: { ...row.collection, createdAt },
});

/** All that embedders have to follow. */
export async function listFollowing(sql: Sql): Promise<Migration[]> {
  return (await sql.query<Row>(`${SELECT} order by c.id`)).rows.map(toMigration);
}

export async function findMigration(sql: Sql, name: string): Promise<Migration | undefined> {
  if (!isStorable(name)) return undefined;
  const { rows } = await sql.query<Row>(`${SELECT} where c.name = $1`, [name]);
  return rows.map(toMigration)[0];
}

export interface MigrationCounts {
  /** Documents that searches of the live generation find, in some revision. */
  readonly total: number;
  readonly pending: number;
  readonly failed: number;
}

export interface FollowFailure {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

/** Named in an answer; the rest are counted. */
const LISTED_FAILURES = 100;

/** How far the following generation is. */
export async function countMigration(
  sql: Sql,
  collectionId: number,
): Promise<MigrationCounts & { readonly failures: FollowFailure[] }> {
  const { rows } = await sql.query<MigrationCounts & { failures: FollowFailure[] }>(
    `select
       (select count(*)::int from polyseme_store.documents where collection_id = $1)
         - (select count(*)::int from polyseme_store.documents where collection_id = $1 and state <> 'stored' and stored_revision = 0) as total,
       (select count(*)::int from polyseme_store.followed_documents where collection_id = $1 and failed_at is null)
         + (select case when m.all_listed then 0 else (select count(*)::int from polyseme_store.documents d
              where d.collection_id = $1 and d.id > coalesce(m.listed_to, '')) end
            from polyseme_store.collection_migrations m where m.collection_id = $1) as pending,
       (select count(*)::int from polyseme_store.followed_documents where collection_id = $1 and failed_at is not null) as failed,
       coalesce((select json_agg(json_build_object('id', f.id, 'code', f.error_code, 'message', f.error_message)) from (
         select id, error_code, error_message from polyseme_store.followed_documents
         where collection_id = $1 and failed_at is not null order by id limit ${LISTED_FAILURES}) f), '[]') as failures`,
    [collectionId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error("An aggregate without a row");
  return { ...row, pending: row.pending ?? 0 };
}

/**
 * Makes a generation that follows the live one, empty at first. One that follows since an earlier migration is taken away:
 * the old one after a cutover, the new one after a rollback.
 * @throws PolysemeError `not_found`; `conflict` while another is being built
 */
export async function startMigration(database: Database, name: string, wanted: NewGeneration): Promise<Migration> {
  return database.withTransaction(async (sql) => {
    const id = await lockGenerations(sql, name);
    const before = await findMigration(sql, name);
    if (before?.phase === "building")
      throw new PolysemeError(
        "conflict",
        `The collection "${name}" is migrating already. Cut it over, or end that with DELETE /v1/collections/${name}/migration.`,
        { details: { field: "collection" } },
      );
    if (before !== undefined) await forgetFollower(sql, before);
    const { rows } = await sql.query<{ number: number }>(
      `update polyseme_store.collections set newest_generation = newest_generation + 1, following_generation = newest_generation + 1
       where id = $1 returning newest_generation as number`,
      [id],
    );
    const number = rows[0]?.number ?? 0;
    const { generation } = await getCollection(sql, name);
    await makeGeneration(sql, id, number, wanted, sharesTokens(generation, wanted) ? generation.tokenSet : null);
    await sql.query(
      `insert into polyseme_store.collection_migrations (collection_id, from_generation, to_generation)
       select id, live_generation, following_generation from polyseme_store.collections where id = $1`,
      [id],
    );
    return getMigration(sql, name);
  });
}

/**
 * Ends following: the generation that is not live is given up and its table marked for `dropUnusedTables`.
 * @throws PolysemeError `not_found`
 */
export async function endMigration(database: Database, name: string): Promise<{ dropped: number; live: number }> {
  return database.withTransaction(async (sql) => {
    await lockGenerations(sql, name);
    const migration = await getMigration(sql, name);
    await forgetFollower(sql, migration);
    return { dropped: migration.follower.number, live: migration.collection.generation.number };
  });
}

/** @throws PolysemeError `not_found` */
export async function getMigration(sql: Sql, name: string): Promise<Migration> {
  const found = await findMigration(sql, name);
  if (found === undefined)
    throw new PolysemeError(
      "not_found",
      `The collection "${name}" has no migration. Start one with POST /v1/collections/${name}/migrate.`,
      { details: { field: "collection" } },
    );
  return found;
}

async function forgetFollower(sql: Sql, { collection: { id }, follower }: Migration): Promise<void> {
  await sql.query("update polyseme_store.collections set following_generation = null where id = $1", [id]);
  await sql.query("delete from polyseme_store.collection_migrations where collection_id = $1", [id]);
  await sql.query("delete from polyseme_store.followed_documents where collection_id = $1", [id]);
  await sql.query("delete from polyseme_store.generations where collection_id = $1 and number = $2", [
    id,
    follower.number,
  ]);
  await markUnused(sql, chunkTable(id, follower.number));
  const { tokenSet = null } = follower;
  if (tokenSet === null) return;
  const { rowCount } = await sql.query(
    "select from polyseme_store.generations where collection_id = $1 and token_set = $2",
    [id, tokenSet],
  );
  // What documents have there that was still to be brought to the follower goes when they are written next.
  if (rowCount === 0) await markUnused(sql, tokenTable(id, tokenSet));
}
