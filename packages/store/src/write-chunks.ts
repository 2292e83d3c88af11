import type { Database } from "./database.ts";
import { type DocumentRef } from "./named-documents.ts";
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
  /** Above 0: an earlier revision may have left chunks; those past the new ones are removed. */
  readonly storedChunks: number;
}

/**
 * Parts of a `with` that replace the chunks of the documents whose ids an earlier part, `ready`, answers: `shortened` (only
 * where there may be old chunks) and `written`. Their parameters are added to `params`.
 */
export async function chunkParts(
  database: Pick<Database, "vectorOid">,
  table: string,
  documents: readonly EmbeddedDocument[],
  params: unknown[],
): Promise<string> {
  const given = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const chunks = documents.flatMap((document) =>
    document.chunks.map((chunk, ordinal) => ({ id: document.id, ordinal, chunk })),
  );
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
  const written = `written as (
       insert into ${table} (${names.join(", ")})
       select ${values.join(", ")} from unnest(${rowsOf}) as u(${names.join(", ")})
       join ready r on r.id = u.document_id
       on conflict (document_id, ordinal) do update set ${updates.join(", ")}
     )`;
  const shortened = shorten(table, documents, given);
  return shortened === undefined ? written : `${shortened}, ${written}`;
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

/**
 * Removes what is behind the new chunks, whichever generation the old ones were counted in. Looked up document by
 * document (offset 0): joined by document alone the planner may read the whole table.
 */
function shorten(
  table: string,
  documents: readonly EmbeddedDocument[],
  given: (value: unknown, type: string) => string,
): string | undefined {
  const replaced = documents.filter(({ storedChunks }) => storedChunks > 0);
  if (replaced.length === 0) return undefined;
  const ids = replaced.map(({ id }) => id);
  const kept = replaced.map(({ chunks }) => chunks.length);
  return `shortened as (
       delete from ${table} where ctid = any (array(
         select old.at from unnest(${given(ids, "text[]")}, ${given(kept, "int[]")}) as n(id, kept) join ready r on r.id = n.id
         cross join lateral (
           select o.ctid as at from ${table} o where o.document_id = n.id and o.ordinal >= n.kept offset 0
         ) old))
     )`;
}
