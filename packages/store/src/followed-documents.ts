import { CLAIM_SECONDS } from "./claim-documents.ts";
import type { Database, Sql } from "./database.ts";
import type { DocumentState } from "./documents.ts";
import { NAMED, namedParams, type DocumentRef } from "./named-documents.ts";
import type { RunFault } from "./end-run.ts";

/** A document that the following generation lacks. */
export interface FollowedDocument extends DocumentRef {
  /** This run counted. */
  readonly attempts: number;
  readonly state: DocumentState;
  /** Why it is not stored, where it is `failed` in the live generation. */
  readonly fault: RunFault | null;
  /** UTF-8. */
  readonly textBytes: number;
  /** In the live generation. */
  readonly tokens: number;
}

const DOCUMENTS_A_PAGE = 5_000;

/**
 * Lists the next documents for the following generation, in the order of their ids. Answers whether all are listed now.
 * Those that are stored meanwhile are listed by whoever stores them.
 */
export async function listMoreFollowed(database: Database, collectionId: number): Promise<boolean> {
  return database.withTransaction(async (sql) => {
    const { rows } = await sql.query<{ listedTo: string | null; allListed: boolean }>(
      `select listed_to as "listedTo", all_listed as "allListed" from polyseme_store.collection_migrations
       where collection_id = $1 for update`,
      [collectionId],
    );
    const place = rows[0];
    if (place === undefined || place.allListed) return true;
    // The planner takes a collection for small and would read and sort the whole of it for every page.
    for (const path of ["seqscan", "bitmapscan", "sort"]) await sql.query(`set local enable_${path} = off`);
    const page = await sql.query<{ last: string | null; count: number }>(
      `with page as materialized (
         select id, revision, stored_revision from polyseme_store.documents
         where collection_id = $1 and id > $2 order by id limit ${DOCUMENTS_A_PAGE}
       ), listed as (
         insert into polyseme_store.followed_documents (collection_id, id, revision)
         select $1, id, revision from page where stored_revision > 0 on conflict (collection_id, id) do nothing
       )
       select max(id) as last, count(*)::int as count from page`,
      [collectionId, place.listedTo ?? ""],
    );
    const { last = null, count = 0 } = page.rows[0] ?? {};
    const allListed = count < DOCUMENTS_A_PAGE;
    await sql.query(
      `update polyseme_store.collection_migrations set listed_to = coalesce($2, listed_to), all_listed = $3
       where collection_id = $1`,
      [collectionId, last, allListed],
    );
    return allListed;
  });
}

/**
 * Takes documents that are due for this worker; each is one worker's until its claim ends. Left out, and off the list:
 * what was deleted or is not in the live generation.
 */
export async function claimFollowed(sql: Sql, collectionId: number, limit: number): Promise<FollowedDocument[]> {
  const { rows } = await sql.query<FollowedDocument & { storedRevision: number | null }>(
    `with due as (
       select collection_id, id from (
         -- Their time is looked at outside: from statistics of a while ago the planner may take it that nearly none is due,
         -- and would read and sort all that are.
         select collection_id, id, next_attempt_at from polyseme_store.followed_documents
         where collection_id = $1 and failed_at is null order by next_attempt_at limit $2 for update skip locked
       ) first where next_attempt_at <= now()
     ), claimed as (
       update polyseme_store.followed_documents q
       set attempts = q.attempts + 1, next_attempt_at = now() + interval '${CLAIM_SECONDS} seconds'
       from due where q.collection_id = due.collection_id and q.id = due.id
       returning q.collection_id, q.id, q.revision, q.attempts
     )
     select c.id, coalesce(d.revision, c.revision) as revision, c.attempts, d.state, d.stored_revision as "storedRevision",
       case when d.state = 'failed' then json_build_object('code', d.error_code, 'message', d.error_message) end as fault,
       d.text_bytes as "textBytes", d.token_count as tokens
     from claimed c left join lateral (
       select revision, state, stored_revision, error_code, error_message, text_bytes, token_count from polyseme_store.documents
       where collection_id = c.collection_id and id = c.id offset 0
     ) d on true`,
    [collectionId, limit],
  );
  const gone = rows.filter(({ storedRevision }) => storedRevision === null || storedRevision === 0);
  if (gone.length > 0) await unlistFollowed(sql, collectionId, gone);
  return rows.filter((row) => !gone.includes(row));
}

const LISTED = `polyseme_store.followed_documents q set`;
/** A newer revision that was listed meanwhile is another matter. */
const SAME = `from ${NAMED} where q.collection_id = w.collection_id and q.id = w.id and q.revision <= w.revision`;

export async function renewFollowed(sql: Sql, collectionId: number, documents: readonly DocumentRef[]): Promise<void> {
  await sql.query(
    `update ${LISTED} next_attempt_at = now() + interval '${CLAIM_SECONDS} seconds' ${SAME} and q.failed_at is null`,
    namedParams(collectionId, documents),
  );
}

/** Gives claimed documents back, for anybody after `afterMs`. */
export async function releaseFollowed(
  sql: Sql,
  collectionId: number,
  documents: readonly DocumentRef[],
  release: { readonly afterMs: number; readonly countsAsAttempt: boolean },
): Promise<void> {
  await sql.query(
    `update ${LISTED} next_attempt_at = now() + $4 * interval '1 millisecond', attempts = greatest(0, q.attempts - $5) ${SAME}`,
    [...namedParams(collectionId, documents), release.afterMs, release.countsAsAttempt ? 0 : 1],
  );
}

/** Says why a document cannot be in the following generation. It stays listed, and is tried again with its next revision. */
export async function failFollowed(
  sql: Sql,
  collectionId: number,
  document: DocumentRef,
  fault: RunFault,
): Promise<void> {
  await sql.query(`update ${LISTED} failed_at = now(), error_code = $4, error_message = $5 ${SAME}`, [
    ...namedParams(collectionId, [document]),
    fault.code,
    fault.message,
  ]);
}

async function unlistFollowed(sql: Sql, collectionId: number, documents: readonly DocumentRef[]): Promise<void> {
  await sql.query(
    `delete from polyseme_store.followed_documents q using ${NAMED}
     where q.collection_id = w.collection_id and q.id = w.id and q.revision <= w.revision`,
    namedParams(collectionId, documents),
  );
}
