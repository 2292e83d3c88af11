import type { Section } from "@polyseme/core";
import type { Sql } from "./database.ts";
import { NAMED, namedParams, type DocumentRef } from "./named-documents.ts";

export interface ClaimedDocument extends DocumentRef {
  readonly text: string;
  readonly sections: readonly Section[] | null;
  /** This run counted. */
  readonly attempts: number;
  /** Earlier runs that ended with their worker. */
  readonly deaths: number;
  /** 0 (bulk) to 9. */
  readonly priority: number;
  /** Chunks that an earlier revision left in the store; 0: none. */
  readonly storedChunks: number;
}

/**
 * How long a claim holds without renewal. A worker that died is noticed after this; a worker that lives renews three
 * times in it.
 */
export const CLAIM_SECONDS = 10;

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
       order by d.id collate "C" for update of d
     )
     update polyseme_store.documents d
     set state = 'embedding', attempts = d.attempts + 1,
       deaths = d.deaths + case when d.state = 'embedding' then 1 else 0 end, next_attempt_at = now() + interval '${CLAIM_SECONDS} seconds'
     from wanted w where d.collection_id = w.collection_id and d.id = w.id
     returning d.id, d.revision, d.text, d.sections, d.attempts, d.deaths, d.priority, d.chunk_count as "storedChunks"`,
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
