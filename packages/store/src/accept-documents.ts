import { createHash } from "node:crypto";
import type { CheckedDocument } from "@polyseme/core";
import type { Sql } from "./database.ts";
import { inLockOrder } from "./named-documents.ts";

/** A document with the push it came in and the queue job that will carry it. */
export interface Incoming {
  readonly document: CheckedDocument;
  readonly job: number;
  readonly ticket: string;
  /** An earlier batch of the same ticket may hold the same id; that one counts. */
  readonly mayRepeat: boolean;
}

export interface Accepted {
  readonly id: string;
  readonly revision: number;
  readonly job: number;
  readonly priority: number;
  /** Of its text. */
  readonly characters: number;
  /** `queued`: needs the encoder; `stored`: only title or metadata changed, its vectors stay. */
  readonly state: "queued" | "stored";
}

export type Acceptance =
  | {
      readonly kind: "written";
      readonly accepted: Accepted[];
      /** Ids that their ticket had already; left as they are. What is neither here nor accepted is unchanged. */
      readonly repeated: ReadonlySet<string>;
    }
  /** The collection was deleted between look-up and write. */
  | { readonly kind: "collection_gone" };

/** How long a pushed document may stay unclaimed before the reconciler looks whether its job is still queued. */
export const GRACE_SECONDS = 30;

/**
 * Writes documents of any number of tickets into the ledger in one statement: when it returns, they are durable.
 * Ids must be distinct. The same content as before is left as it is (unchanged), unless it had failed.
 * @param batch.newTickets tickets that begin with this batch
 */
export async function acceptDocuments(
  sql: Sql,
  batch: { collectionId: number; newTickets: readonly string[]; incoming: readonly Incoming[] },
): Promise<Acceptance> {
  const sorted = inLockOrder(batch.incoming.map((one) => ({ ...one, id: one.document.id })));
  const documents = sorted.map(({ document }) => document);
  const { rows } = await sql.query<{
    collection: number;
    accepted: [id: string, revision: number, state: Accepted["state"]][] | null;
    repeated: string[] | null;
  }>(ACCEPT, [
    batch.collectionId,
    batch.newTickets,
    sorted.map(({ ticket }) => ticket),
    sorted.map(({ mayRepeat }) => mayRepeat),
    documents.map(({ id }) => id),
    documents.map(({ title }) => title),
    documents.map(({ text }) => text),
    documents.map(contentHash),
    documents.map(({ metadataJson }) => metadataJson),
    documents.map(({ priority }) => priority),
    sorted.map(({ job }) => job),
    documents.map(({ sectionsJson }) => sectionsJson ?? null),
  ]);
  const row = rows[0];
  if (row === undefined || row.collection === 0) return { kind: "collection_gone" };
  const byId = new Map(sorted.map((one) => [one.document.id, one]));
  const accepted = (row.accepted ?? []).map(([id, revision, state]) => ({
    id,
    revision,
    state,
    job: byId.get(id)?.job ?? 0,
    priority: byId.get(id)?.document.priority ?? 0,
    characters: byId.get(id)?.document.text.length ?? 0,
  }));
  return { kind: "written", accepted, repeated: new Set(row.repeated ?? []) };
}

/**
 * Of all that decides its vectors: the text, its sections and, where they are content, the vectors that came with it. No
 * text holds a NUL, so none looks like another with more behind it.
 */
function contentHash({ text, sectionsJson, given }: CheckedDocument): Buffer {
  const hash = createHash("sha256").update(text);
  if (sectionsJson !== undefined) hash.update("\0").update(sectionsJson);
  if (given?.areContent === true)
    for (const { start, end, embedding } of given.chunks)
      hash
        .update(`\0${start} ${end} `)
        .update(new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength));
  return hash.digest();
}

/**
 * Looks documents up one by one (correlated subqueries that give a value), never by a join or `exists`: for those the
 * planner may read the whole table for each batch.
 */
const ACCEPT = `
with collection as (
  select id from polyseme_store.collections where id = $1 for key share
), opened as (
  insert into polyseme_store.tickets (id, collection_id)
  select t.id, collection.id from collection, unnest($2::text[]) as t(id) on conflict (id) do nothing
), given as (
  select u.*, u.may_repeat and (
      select true from polyseme_store.ticket_documents t
      where t.ticket_id = u.ticket_id and t.collection_id = $1 and t.document_id = u.id) is not null as repeated
  from unnest($3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::jsonb[], $10::smallint[], $11::bigint[], $12::jsonb[])
    as u(ticket_id, may_repeat, id, title, text, text_hash, metadata, priority, job, sections)
), written as (
  insert into polyseme_store.documents as d
    (collection_id, id, revision, title, text, text_hash, metadata, priority, job, sections, next_attempt_at)
  select collection.id, i.id, nextval('polyseme_store.revisions'), i.title, i.text, i.text_hash, i.metadata, i.priority, i.job,
    i.sections, now() + interval '${GRACE_SECONDS} seconds'
  from given i, collection where not i.repeated
  on conflict (collection_id, id) do update set
    version = d.version + 1,
    -- Drawn again under the row's lock: the one drawn for the insert may be older than the row's by now.
    revision = case when d.state = 'stored' and d.text_hash = excluded.text_hash then d.revision else nextval('polyseme_store.revisions') end,
    state = case when d.state = 'stored' and d.text_hash = excluded.text_hash then 'stored' else 'queued' end,
    title = excluded.title, text = excluded.text, text_hash = excluded.text_hash, metadata = excluded.metadata,
    sections = excluded.sections, priority = excluded.priority, job = excluded.job, attempts = 0, deaths = 0, failed_at = null,
    error_code = null, error_message = null, received_at = now(), next_attempt_at = excluded.next_attempt_at
  where d.text_hash <> excluded.text_hash or d.title is distinct from excluded.title
    or d.metadata <> excluded.metadata or d.state = 'failed'
  returning d.id, d.revision, d.state
), ticketed as (
  insert into polyseme_store.ticket_documents (ticket_id, collection_id, document_id, revision)
  select i.ticket_id, $1, i.id, coalesce(w.revision,
    (select d.revision from polyseme_store.documents d where d.collection_id = $1 and d.id = i.id), 1)
  from collection, given i left join written w on w.id = i.id
  where not i.repeated
  on conflict do nothing
)
select (select count(*)::int from collection) as collection,
  (select json_agg(json_build_array(id, revision, state)) from written) as accepted,
  (select json_agg(id) from given where repeated) as repeated`;
