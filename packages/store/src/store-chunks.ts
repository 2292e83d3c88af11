import type { Database } from "./database.ts";
import { chunkTable } from "./collections.ts";
import { inLockOrder, namedParams, type DocumentRef } from "./named-documents.ts";
import { BYTEA_OID, encodeBinaryArray, encodeVectorArray } from "./vector-wire.ts";

export interface EmbeddedChunk {
  /** UTF-16 offsets into the document's text, as JavaScript slices. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: number;
  readonly embedding: Float32Array;
  /** In collections that keep token vectors. */
  readonly units?: ChunkUnits;
}

export interface ChunkUnits {
  /** As `packTokens` packs them, with the chunk's start as origin. */
  readonly packed: Buffer;
  /** The forms of the chunk's words, each once. */
  readonly forms: readonly string[];
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
  const params: unknown[] = [
    ...namedParams(target.collectionId, sorted),
    sorted.map((document) => document.chunks.length),
    sorted.map((document) => document.chunks.reduce((sum, { tokens }) => sum + tokens, 0)),
  ];
  const given = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const vectorOid = await database.vectorOid();
  const columns: (readonly [name: string, type: string, value: unknown])[] = [
    ["document_id", "text[]", chunks.map(({ id }) => id)],
    ["ordinal", "int[]", chunks.map(({ ordinal }) => ordinal)],
    ["start_offset", "int[]", chunks.map(({ chunk }) => chunk.start)],
    ["end_offset", "int[]", chunks.map(({ chunk }) => chunk.end)],
    ["token_count", "int[]", chunks.map(({ chunk }) => chunk.tokens)],
    ["text", "text[]", chunks.map(({ chunk }) => chunk.text)],
    ["embedding", "vector[]", encodeVectorArray(embeddingsOf(chunks), vectorOid)],
    ...unitColumns(chunks),
  ];
  const names = columns.map(([name]) => name);
  const rowsOf = columns.map(([, type, value]) => given(value, type)).join(", ");
  const values = names.map((name) => (name === "words" ? "string_to_array(u.words, ' ')" : `u.${name}`));
  const updates = names.filter((name) => !KEY.includes(name)).map((name) => `${name} = excluded.${name}`);
  const shortened = leftOver.length === 0 ? "" : `, shortened as (${shorten(table, leftOver, given)})`;
  const { rows } = await database.query<{ id: string }>(
    `with ready as (
       update polyseme_store.documents d
       set state = 'stored', stored_revision = d.revision, stored_at = now(), error_code = null, error_message = null,
         deaths = 0, failed_at = null, chunk_count = s.chunks, token_count = s.tokens
       from unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::int[]) as s(collection_id, id, revision, chunks, tokens)
       where d.collection_id = s.collection_id and d.id = s.id and d.revision = s.revision and d.stored_revision < d.revision
       returning d.id
     )${shortened}, written as (
       insert into ${table} (${names.join(", ")})
       select ${values.join(", ")} from unnest(${rowsOf}) as u(${names.join(", ")})
       join ready r on r.id = u.document_id
       on conflict (document_id, ordinal) do update set ${updates.join(", ")}
     )
     select id from ready`,
    params,
  );
  return new Set(rows.map(({ id }) => id));
}

const KEY = ["document_id", "ordinal"];

interface PlacedChunk {
  readonly chunk: EmbeddedChunk;
}

function embeddingsOf(chunks: readonly PlacedChunk[]): Float32Array[] {
  return chunks.map(({ chunk }) => chunk.embedding);
}

/** Nothing where none has units: the table of such a generation lacks the columns. */
function unitColumns(chunks: readonly PlacedChunk[]): (readonly [name: string, type: string, value: unknown])[] {
  const units = chunks.flatMap(({ chunk }) => chunk.units ?? []);
  if (units.length === 0) return [];
  if (units.length < chunks.length) throw new Error("Chunks with and without token vectors cannot be one write");
  const packed = units.map((one) => one.packed);
  // Arrays of unlike length make no array of two dimensions; words hold no spaces.
  const words = units.map(({ forms }) => forms.join(" "));
  return [
    ["tokens", "bytea[]", encodeBinaryArray(packed, BYTEA_OID)],
    ["words", "text[]", words],
  ];
}

function shorten(
  table: string,
  leftOver: readonly { readonly id: string; readonly ordinal: number }[],
  given: (value: unknown, type: string) => string,
): string {
  const ids = leftOver.map(({ id }) => id);
  const ordinals = leftOver.map(({ ordinal }) => ordinal);
  return `delete from ${table} c
    using unnest(${given(ids, "text[]")}, ${given(ordinals, "int[]")}) as l(id, ordinal), ready r
    where r.id = l.id and c.document_id = l.id and c.ordinal = l.ordinal`;
}
