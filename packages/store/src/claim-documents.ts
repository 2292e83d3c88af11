import type { Sql } from "./database.ts";
import { NAMED, namedParams, type DocumentRef } from "./named-documents.ts";

export interface ClaimedDocument extends DocumentRef {
  readonly text: string;
  /** This run counted. */
  readonly attempts: number;
  /** Chunks that an earlier revision left in the store; 0: none. */
  readonly storedChunks: number;
}

/**
 * How long a claim holds without renewal. A worker that died is noticed after this; a worker that lives renews three
 * times in it.
 */
export const CLAIM_SECONDS = 12;

/**
 * Takes documents for this worker: state `embedding`, attempts + 1 (counted before the run, so that one that kills the
 * process is seen to). Left out: what was deleted, replaced, stored already or is held by another worker.
 */
export async function claimDocuments(
  sql: Sql,
  collectionId: number,
  documents: readonly DocumentRef[],
): Promise<ClaimedDocument[]> {
  const { rows } = await sql.query<ClaimedDocument>(
    `with wanted as (
       select d.collection_id, d.id from polyseme_store.documents d
       join ${NAMED} on d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision
       where d.state = 'queued' or (d.state = 'embedding' and d.next_attempt_at <= now())
       order by d.id for update of d
     )
     update polyseme_store.documents d
     set state = 'embedding', attempts = d.attempts + 1, next_attempt_at = now() + interval '${CLAIM_SECONDS} seconds'
     from wanted w where d.collection_id = w.collection_id and d.id = w.id
     returning d.id, d.revision, d.text, d.attempts, d.chunk_count as "storedChunks"`,
    namedParams(collectionId, documents),
  );
  return rows;
}

/** Keeps the claims of documents that are still being worked on. */
export async function renewClaims(sql: Sql, collectionId: number, documents: readonly DocumentRef[]): Promise<void> {
  await sql.query(
    `update polyseme_store.documents d set next_attempt_at = now() + interval '${CLAIM_SECONDS} seconds'
     from ${NAMED}
     where d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision and d.state = 'embedding'`,
    namedParams(collectionId, documents),
  );
}

/** Lets the reconciler look at queued documents at its next pass: their jobs did not reach the queue. */
export async function hastenDocuments(
  sql: Sql,
  collectionId: number,
  documents: readonly DocumentRef[],
): Promise<void> {
  await sql.query(
    `update polyseme_store.documents d set next_attempt_at = now() from ${NAMED}
     where d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision and d.state = 'queued'`,
    namedParams(collectionId, documents),
  );
}

export interface LostDocument extends DocumentRef {
  readonly collectionId: number;
  readonly job: number;
  readonly attempts: number;
  readonly priority: number;
}

/**
 * Pending documents whose time has come: their worker died, their retry is due, or nobody claimed them and their job may
 * be gone from the queue. Each is handed to one caller and comes up again later, later each time it is still waiting.
 */
export async function takeOverdueDocuments(sql: Sql, limit: number): Promise<LostDocument[]> {
  const { rows } = await sql.query<LostDocument>(
    `with overdue as (
       select collection_id, id from polyseme_store.documents
       where state in ('queued', 'embedding') and next_attempt_at <= now()
       order by next_attempt_at limit $1 for update skip locked
     )
     update polyseme_store.documents d
     set state = 'queued', next_attempt_at = now() + interval '${CLAIM_SECONDS} seconds' + least(now() - d.received_at, interval '10 minutes')
     from overdue o where d.collection_id = o.collection_id and d.id = o.id
     returning d.collection_id as "collectionId", d.id, d.revision, d.job, d.attempts, d.priority`,
    [limit],
  );
  return rows;
}
