import { createHash } from "node:crypto";
import type { CheckedDocument } from "@polyseme/core";
import type { Sql } from "./database.ts";

/** A document together with the queue job that will carry it. */
export interface Incoming {
  readonly document: CheckedDocument;
  readonly job: number;
}

export interface Accepted {
  readonly id: string;
  readonly revision: number;
  readonly job: number;
  readonly priority: number;
  /** `queued`: needs the encoder; `stored`: only title or metadata changed, its vectors stay. */
  readonly state: "queued" | "stored";
}

export type Acceptance =
  | { readonly kind: "written"; readonly accepted: Accepted[]; readonly unchanged: number }
  /** The collection was deleted between look-up and write. */
  | { readonly kind: "collection_gone" };

/** How long a pushed document may stay unclaimed before the reconciler looks whether its job is still queued. */
const GRACE_SECONDS = 30;

/**
 * Writes a batch of documents into the ledger under one ticket, in one statement: when it returns, they are durable.
 * Ids must be distinct. The same content as before is left as it is (`unchanged`), unless it had failed.
 */
export async function acceptDocuments(
  sql: Sql,
  batch: { collectionId: number; ticket: string; incoming: readonly Incoming[] },
): Promise<Acceptance> {
  // One order for all writers, so that two pushes of the same ids cannot wait for each other.
  const sorted = [...batch.incoming].sort((a, b) => (a.document.id < b.document.id ? -1 : 1));
  const documents = sorted.map(({ document }) => document);
  const { rows } = await sql.query<{ collection: number; accepted: Accepted[] | null }>(ACCEPT, [
    batch.collectionId,
    batch.ticket,
    documents.map(({ id }) => id),
    documents.map(({ title }) => title),
    documents.map(({ text }) => text),
    documents.map(({ text }) => createHash("sha256").update(text).digest()),
    documents.map(({ metadataJson }) => metadataJson),
    documents.map(({ priority }) => priority),
    sorted.map(({ job }) => job),
  ]);
  const row = rows[0];
  if (row === undefined || row.collection === 0) return { kind: "collection_gone" };
  const accepted = row.accepted ?? [];
  return { kind: "written", accepted, unchanged: documents.length - accepted.length };
}

const ACCEPT = `
with collection as (
  select id from polyseme_store.collections where id = $1 for key share
), ticket as (
  insert into polyseme_store.tickets (id, collection_id) select $2, id from collection on conflict (id) do nothing
), incoming as (
  select u.* from unnest($3::text[], $4::text[], $5::text[], $6::bytea[], $7::jsonb[], $8::smallint[], $9::bigint[])
    as u(id, title, text, text_hash, metadata, priority, job)
), written as (
  insert into polyseme_store.documents as d
    (collection_id, id, revision, title, text, text_hash, metadata, priority, job, next_attempt_at)
  select collection.id, i.id, nextval('polyseme_store.revisions'), i.title, i.text, i.text_hash, i.metadata, i.priority, i.job,
    now() + interval '${GRACE_SECONDS} seconds'
  from incoming i, collection
  on conflict (collection_id, id) do update set
    version = d.version + 1,
    -- Drawn again under the row's lock: the one drawn for the insert may be older than the row's by now.
    revision = case when d.state = 'stored' and d.text_hash = excluded.text_hash then d.revision else nextval('polyseme_store.revisions') end,
    state = case when d.state = 'stored' and d.text_hash = excluded.text_hash then 'stored' else 'queued' end,
    title = excluded.title, text = excluded.text, text_hash = excluded.text_hash, metadata = excluded.metadata,
    priority = excluded.priority, job = excluded.job, attempts = 0, error_code = null, error_message = null,
    received_at = now(), next_attempt_at = excluded.next_attempt_at
  where d.text_hash <> excluded.text_hash or d.title is distinct from excluded.title
    or d.metadata <> excluded.metadata or d.state = 'failed'
  returning d.id, d.revision, d.state, d.priority, d.job
), ticketed as (
  insert into polyseme_store.ticket_documents (ticket_id, collection_id, document_id, revision)
  select $2, collection.id, i.id, coalesce(w.revision, d.revision, 1)
  from collection, incoming i
  left join written w on w.id = i.id
  left join polyseme_store.documents d on d.collection_id = $1 and d.id = i.id
  on conflict do nothing
)
select (select count(*)::int from collection) as collection,
  (select json_agg(json_build_object('id', id, 'revision', revision, 'state', state, 'priority', priority, 'job', job)) from written) as accepted`;

/** Of these ids, the ones that the ticket has already. */
export async function findTicketed(
  sql: Sql,
  ticket: { id: string; collectionId: number; documentIds: readonly string[] },
): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>(
    `select document_id as id from polyseme_store.ticket_documents
     where ticket_id = $1 and collection_id = $2 and document_id = any($3::text[])`,
    [ticket.id, ticket.collectionId, ticket.documentIds],
  );
  return new Set(rows.map(({ id }) => id));
}
