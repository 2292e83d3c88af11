import type { Database } from "./database.ts";
import { chunkTable } from "./collections.ts";
import { inLockOrder, namedParams, type DocumentRef } from "./named-documents.ts";
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
  /** Chunks that an earlier revision left in the store; those past the new ones are removed. */
  readonly storedChunks: number;
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
  const sorted = inLockOrder(documents);
  const chunks = sorted.flatMap((document) =>
    document.chunks.map((chunk, ordinal) => ({ id: document.id, ordinal, chunk })),
  );
  const table = chunkTable(target.collectionId, target.generation);
  // Looked up by their keys, and only where there are any: joined by document alone the planner may read the whole table.
  const leftOver = sorted.flatMap(({ id, chunks, storedChunks }) =>
    Array.from({ length: Math.max(0, storedChunks - chunks.length) }, (_, i) => ({ id, ordinal: chunks.length + i })),
  );
  const { rows } = await database.query<{ id: string }>(
    `with ready as (
       update polyseme_store.documents d
       set state = 'stored', stored_revision = d.revision, stored_at = now(), error_code = null, error_message = null,
         deaths = 0, failed_at = null, chunk_count = s.chunks, token_count = s.tokens
       from unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::int[]) as s(collection_id, id, revision, chunks, tokens)
       where d.collection_id = s.collection_id and d.id = s.id and d.revision = s.revision and d.stored_revision < d.revision
       returning d.id
     )${
       leftOver.length === 0
         ? ""
         : `, shortened as (
       delete from ${table} c using unnest($13::text[], $14::int[]) as l(id, ordinal), ready r
       where r.id = l.id and c.document_id = l.id and c.ordinal = l.ordinal
     )`
     }, written as (
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
      ...namedParams(target.collectionId, sorted),
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
      ...(leftOver.length === 0 ? [] : [leftOver.map(({ id }) => id), leftOver.map(({ ordinal }) => ordinal)]),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}
