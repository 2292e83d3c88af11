import { PolysemeError, type KeyRole } from "@polyseme/core";
import type { Database, Sql } from "./database.ts";

/** A key without what opens: its hash alone is stored. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: KeyRole;
  /** null: all of them. */
  readonly collections: readonly string[] | null;
  /** Requests a second; null: no limit. */
  readonly ratePerSecond: number | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface StoredKey extends ApiKey {
  readonly hash: Buffer;
}

export type NewKey = Pick<StoredKey, "id" | "name" | "role" | "collections" | "ratePerSecond" | "hash">;

const COLUMNS = `id, name, role, collections, rate_per_second::float8 as "ratePerSecond", created_at as "createdAt",
  last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

export async function createKey(sql: Sql, key: NewKey): Promise<ApiKey> {
  const { rows } = await sql.query<ApiKey>(
    `insert into polyseme_store.api_keys (id, name, role, collections, rate_per_second, hash)
     values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
    [key.id, key.name, key.role, key.collections, key.ratePerSecond, key.hash],
  );
  const made = rows[0];
  if (made === undefined) throw new Error("An insert without a row");
  return made;
}

/** The key with this hash, revoked ones too. */
export async function findKey(sql: Sql, hash: Buffer): Promise<StoredKey | undefined> {
  const { rows } = await sql.query<StoredKey>(`select ${COLUMNS}, hash from polyseme_store.api_keys where hash = $1`, [
    hash,
  ]);
  return rows[0];
}

/** At most `limit`, those in use first, newest first. */
export async function listKeys(sql: Sql, limit: number): Promise<ApiKey[]> {
  const { rows } = await sql.query<ApiKey>(
    `select ${COLUMNS} from polyseme_store.api_keys order by revoked_at is not null, created_at desc, id limit $1`,
    [limit],
  );
  return rows;
}

/** Whether any key was ever made: a revoked one counts. */
export async function anyKey(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ any: boolean }>("select exists (select from polyseme_store.api_keys) as any");
  return rows[0]?.any === true;
}

/** Says that a key is in use, at most once a minute. */
export async function noteKeyUse(sql: Sql, id: string): Promise<void> {
  await sql.query(
    `update polyseme_store.api_keys set last_used_at = now()
     where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    [id],
  );
}

/**
 * Ends a key; one that has ended already stays as it is.
 * @param options.keepAdmin refuse to end the last key that may make others
 * @throws PolysemeError `not_found`, `conflict`
 */
export async function revokeKey(database: Database, id: string, options: { keepAdmin: boolean }): Promise<ApiKey> {
  return database.withTransaction(async (sql) => {
    // Locked in one order: of two last admins that are revoked at once, the second finds that it is the last.
    const admins = await sql.query<{ id: string }>(
      `select id from polyseme_store.api_keys where role = 'admin' and collections is null and revoked_at is null
       order by id for update`,
    );
    if (options.keepAdmin && admins.rows.length === 1 && admins.rows[0]?.id === id)
      throw new PolysemeError(
        "conflict",
        "This is the last key that may make others. Make another admin key first, or set POLYSEME_API_KEYS.",
        { details: { field: "id" } },
      );
    const { rows } = await sql.query<ApiKey>(
      `update polyseme_store.api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1 returning ${COLUMNS}`,
      [id],
    );
    const revoked = rows[0];
    if (revoked === undefined)
      throw new PolysemeError("not_found", "There is no key with this id. See GET /v1/keys.", {
        details: { field: "id" },
      });
    return revoked;
  });
}
