import type { ErrorCode } from "@polyseme/core";
import type { Sql } from "./database.ts";

/** Which failures are meant; what is left out does not matter. */
export interface FailureFilter {
  readonly collectionIds?: readonly number[] | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly code?: ErrorCode | undefined;
  /** Failed at this time or later. */
  readonly since?: Date | undefined;
  /** Failed before this time. */
  readonly until?: Date | undefined;
}

/** Where a page ended. */
export interface FailurePlace {
  readonly failedAt: Date;
  readonly collectionId: number;
  readonly id: string;
}

/** A document in state `failed`. */
export interface Failure extends FailurePlace {
  readonly collection: string;
  readonly version: number;
  readonly attempts: number;
  readonly errorCode: string;
  readonly errorMessage: string;
}

/** SQL that is true for the documents `d` of a filter, over the parameters $1 to $5 of {@link filterParams}. */
export const FILTER = `d.state = 'failed'
  and ($1::int[] is null or d.collection_id = any($1))
  and ($2::text[] is null or d.id = any($2))
  and ($3::text is null or d.error_code = $3)
  and ($4::timestamptz is null or d.failed_at >= $4)
  and ($5::timestamptz is null or d.failed_at < $5)`;

export function filterParams({ collectionIds, ids, code, since, until }: FailureFilter): unknown[] {
  return [collectionIds ?? null, ids ?? null, code ?? null, since ?? null, until ?? null];
}

/** Failed documents, the newest failure first, from behind the place where the last page ended. */
export async function listFailures(
  sql: Sql,
  filter: FailureFilter,
  page: { readonly limit: number; readonly after?: FailurePlace | undefined },
): Promise<Failure[]> {
  const { after } = page;
  const { rows } = await sql.query<Failure>(
    `select c.name as collection, d.collection_id as "collectionId", d.id, d.version, d.attempts,
       coalesce(d.error_code, '') as "errorCode", coalesce(d.error_message, '') as "errorMessage", d.failed_at as "failedAt"
     from polyseme_store.documents d join polyseme_store.collections c on c.id = d.collection_id
     where ${FILTER}
       and ($6::timestamptz is null or (d.failed_at, d.collection_id, d.id) < ($6, $7::int, $8::text))
     order by d.failed_at desc, d.collection_id desc, d.id desc limit $9`,
    [...filterParams(filter), after?.failedAt ?? null, after?.collectionId ?? null, after?.id ?? null, page.limit],
  );
  return rows;
}

/** How many failures a filter has, counted no further than `most`. */
export async function countFailures(sql: Sql, filter: FailureFilter, most: number): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `select count(*)::int as count from (select from polyseme_store.documents d where ${FILTER} limit $6) counted`,
    [...filterParams(filter), most],
  );
  return rows[0]?.count ?? 0;
}
