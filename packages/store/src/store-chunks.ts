import type { Database } from "./database.ts";
import { chunkTable } from "./collections.ts";
import type { DocumentRef } from "./claim-documents.ts";
import { encodeVectorArray } from "./vector-wire.ts";

export interface EmbeddedChunk {
  /** UTF-16 offsets into the document's text, as JavaScript slices. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: number;
  readonly embedding: Float32Array;
}

export interface EmbeddedDocument extends DocumentRef {
  readonly chunks: readonly EmbeddedChunk[];
}

/**
 * Writes whole documents: their chunks and the state `stored`, in one statement and so in one transaction.
 * Guarded by revision: what was replaced or deleted meanwhile is left out, so an older run never overwrites a newer
 * one and a deleted document never comes back. Answers the ids that were stored.
 */
export async function storeChunks(
  database: Database,
  target: { collectionId: number; generation: number },
  documents: readonly EmbeddedDocument[],
): Promise<Set<string>> {
  const sorted = [...documents].sort((a, b) => (a.id < b.id ? -1 : 1));
  const chunks = sorted.flatMap((document) =>
    document.chunks.map((chunk, ordinal) => ({ id: document.id, ordinal, chunk })),
  );
  const table = chunkTable(target.collectionId, target.generation);
  const { rows } = await database.query<{ id: string }>(
    `with ready as (
       update polyseme_store.documents d
       set state = 'stored', stored_revision = d.revision, stored_at = now(), error_code = null, error_message = null,
         chunk_count = w.chunks, token_count = w.tokens
       from unnest($2::text[], $3::bigint[], $4::int[], $5::int[]) as w(id, revision, chunks, tokens)
       where d.collection_id = $1 and d.id = w.id and d.revision = w.revision and d.stored_revision < d.revision
       returning d.id, d.chunk_count
     ), shortened as (
       delete from ${table} c using ready r where c.document_id = r.id and c.ordinal >= r.chunk_count
     ), written as (
       insert into ${table} (document_id, ordinal, start_offset, end_offset, token_count, text, embedding)
       select u.* from unnest($6::text[], $7::int[], $8::int[], $9::int[], $10::int[], $11::text[], $12::vector[])
         as u(document_id, ordinal, start_offset, end_offset, token_count, text, embedding)
       join ready r on r.id = u.document_id
       on conflict (document_id, ordinal) do update set
         start_offset = excluded.start_offset, end_offset = excluded.end_offset, token_count = excluded.token_count,
         text = excluded.text, embedding = excluded.embedding
     )
     select id from ready`,
    [
      target.collectionId,
      sorted.map(({ id }) => id),
      sorted.map(({ revision }) => revision),
      sorted.map((document) => document.chunks.length),
      sorted.map((document) => document.chunks.reduce((sum, { tokens }) => sum + tokens, 0)),
      chunks.map(({ id }) => id),
      chunks.map(({ ordinal }) => ordinal),
      chunks.map(({ chunk }) => chunk.start),
      chunks.map(({ chunk }) => chunk.end),
      chunks.map(({ chunk }) => chunk.tokens),
      chunks.map(({ chunk }) => chunk.text),
      encodeVectorArray(
        chunks.map(({ chunk }) => chunk.embedding),
        await database.vectorOid(),
      ),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}
