import type { ErrorCode } from "@polyseme/core";
import type { Sql } from "./database.ts";
import { NAMED, namedParams, type DocumentRef } from "./named-documents.ts";

export interface RunFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Ends the document in `failed` with its reason, unless it was replaced, deleted or stored meanwhile. */
export async function failDocument(
  sql: Sql,
  collectionId: number,
  document: DocumentRef,
  fault: RunFault,
): Promise<void> {
  await sql.query(
    `update polyseme_store.documents set state = 'failed', failed_at = now(), error_code = $4, error_message = $5
     where collection_id = $1 and id = $2 and revision = $3 and stored_revision < revision`,
    [collectionId, document.id, document.revision, fault.code, fault.message],
  );
}

/**
 * Gives claimed documents back: queued again, to be put in the queue by the reconciler after `afterMs`.
 * `countsAsAttempt: false` when the fault was not the document's.
 */
export async function releaseDocuments(
  sql: Sql,
  collectionId: number,
  documents: readonly DocumentRef[],
  release: RunFault & { afterMs: number; countsAsAttempt: boolean },
): Promise<void> {
  await sql.query(
    `update polyseme_store.documents d
     set state = 'queued', error_code = $4, error_message = $5, next_attempt_at = now() + $6 * interval '1 millisecond',
       attempts = greatest(0, d.attempts - $7)
     from ${NAMED}
     where d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision and d.state = 'embedding'`,
    [
      ...namedParams(collectionId, documents),
      release.code,
      release.message,
      release.afterMs,
      release.countsAsAttempt ? 0 : 1,
    ],
  );
}
