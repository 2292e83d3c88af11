import type { SlicedTokens } from "@polyseme/core";
import type { Database } from "./database.ts";
import { type DocumentRef } from "./named-documents.ts";
import { listSlices, slicedRows, type RowSource } from "./sliced-tokens.ts";
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
  /** In their place, where the rows are in the same document's chunks of a `RowSource`. */
  readonly named?: NamedUnits;
}

export interface NamedUnits extends Pick<ChunkUnits, "forms"> {
  readonly sliced: SlicedTokens;
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
 * @param source where chunks find the rows that they name
 */
export async function chunkParts(
  database: Pick<Database, "vectorOid">,
  table: string,
  documents: readonly EmbeddedDocument[],
  params: unknown[],
  source?: RowSource,
): Promise<string> {
  const given = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const chunks = documents.flatMap((document) =>
    document.chunks.map((chunk, ordinal) => ({ id: document.id, ordinal, chunk })),
  );
  const vectorOid = await database.vectorOid();
  const columns: Column[] = [
    ["document_id", "text[]", chunks.map(({ id }) => id)],
    ["ordinal", "int[]", chunks.map(({ ordinal }) => ordinal)],
    ["start_offset", "int[]", chunks.map(({ chunk }) => chunk.start)],
    ["end_offset", "int[]", chunks.map(({ chunk }) => chunk.end)],
    ["token_count", "int[]", chunks.map(({ chunk }) => chunk.tokens)],
    ["text", "text[]", chunks.map(({ chunk }) => chunk.text)],
    ["embedding", "vector[]", encodeVectorArray(embeddingsOf(chunks), vectorOid)],
  ];
  const units = unitColumns(chunks, source, given);
  const names = [...columns.map(([name]) => name), ...units.values.map(([name]) => name)];
  const rows = [...columns, ...units.columns];
  const rowsOf = rows.map(([, type, value]) => given(value, type)).join(", ");
  const values = [...columns.map(([name]) => `u.${name}`), ...units.values.map(([, value]) => value)];
  const updates = names.filter((name) => !KEY.includes(name)).map((name) => `${name} = excluded.${name}`);
  const written = `written as (
       insert into ${table} (${names.join(", ")})
       select ${values.join(", ")} from unnest(${rowsOf}) as u(${rows.map(([name]) => name).join(", ")})
       join ready r on r.id = u.document_id ${units.lateral}
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

type Column = readonly [name: string, type: string, value: unknown];

interface UnitColumns {
  readonly columns: readonly Column[];
  /** Columns of the table, with what is written to them. */
  readonly values: readonly (readonly [name: string, value: string])[];
  /** What the values are read from besides. */
  readonly lateral: string;
}

/** Nothing where none has units: the table of such a generation lacks the columns. */
function unitColumns(
  chunks: readonly PlacedChunk[],
  source: RowSource | undefined,
  given: (value: unknown, type: string) => string,
): UnitColumns {
  const copied = chunks.flatMap(({ chunk }) => chunk.units ?? []);
  const named = chunks.flatMap(({ chunk }) => chunk.named ?? []);
  if (copied.length + named.length === 0) return { columns: [], values: [], lateral: "" };
  if (copied.length !== chunks.length && named.length !== chunks.length)
    throw new Error("Chunks of one write all have token vectors, or all name them, or none has any");
  const binary = (buffers: readonly Buffer[]): Buffer => encodeBinaryArray(buffers, BYTEA_OID);
  // Arrays of unlike length make no array of two dimensions; words hold no spaces.
  const words: Column = ["words", "text[]", [...copied, ...named].map(({ forms }) => forms.join(" "))];
  const writtenWords = ["words", "string_to_array(u.words, ' ')"] as const;
  if (named.length === 0)
    return {
      columns: [["tokens", "bytea[]", binary(copied.map(({ packed }) => packed))], words],
      values: [["tokens", "u.tokens"], writtenWords],
      lateral: "",
    };
  if (source === undefined) throw new Error("Chunks that name rows need to know where those are");
  const slices = listSlices(named.map(({ sliced }) => sliced));
  return {
    columns: [
      ["head", "bytea[]", binary(named.map(({ sliced }) => sliced.head))],
      ["tail", "bytea[]", binary(named.map(({ sliced }) => sliced.tail))],
      ["first_slice", "int[]", slices.firstOf],
      ["last_slice", "int[]", slices.lastOf],
      words,
    ],
    values: [["tokens", "u.head || p.rows || u.tail"], writtenWords],
    lateral: slicedRows(source, slices, given),
  };
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
