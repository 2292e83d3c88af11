import { packedPlaces, type SlicedTokens, type SparseVector } from "@polyseme/core";
import type { Database } from "./database.ts";
import { type DocumentRef } from "./named-documents.ts";
import { encodeSparseArray } from "./sparse-wire.ts";
import { flatSlices } from "./token-tables.ts";
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
  /** In their place, where the vectors are stored already. */
  readonly shared?: SharedUnits;
  /** In collections with a sparse model. */
  readonly sparse?: SparseVector;
}

export interface ChunkUnits {
  /** As `packTokens` packs them, with the chunk's start as origin. */
  readonly packed: Uint8Array;
  /** The forms of the chunk's words, each once, a space between two: one text costs less than as many as there are words. */
  readonly forms: string;
}

export interface SharedUnits extends Pick<ChunkUnits, "forms"> {
  /** Of what the document's `tokenSource` left in the token table, in its order. */
  readonly sliced: SlicedTokens;
}

export interface EmbeddedDocument extends DocumentRef {
  readonly chunks: readonly EmbeddedChunk[];
  /** Above 0: an earlier revision may have left chunks; those past the new ones are removed. */
  readonly storedChunks: number;
  /** Where its chunks' vectors are, when they are stored already. */
  readonly tokenSource?: number;
}

/** Tables that a write goes to. */
export interface WriteTables {
  readonly chunks: string;
  /** Of generations that keep token vectors. */
  readonly tokens?: string | undefined;
  /** Of generations with a sparse model: tokens of its vocabulary. */
  readonly sparseDimensions?: number | undefined;
}

/**
 * Parts of a `with` that replace the chunks of the documents whose ids an earlier part, `ready`, answers: `shortened` (only
 * where there may be old chunks), `sources` and `kept` (where chunks bring token vectors) and `written`. Their parameters
 * are added to `params`. Token vectors of earlier writes stay.
 */
export async function chunkParts(
  database: Pick<Database, "vectorOid" | "sparseOid">,
  tables: WriteTables,
  documents: readonly EmbeddedDocument[],
  params: unknown[],
): Promise<string> {
  const given = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const chunks = documents.flatMap(({ id, tokenSource, chunks: own }) =>
    own.map((chunk, ordinal) => ({ id, tokenSource, ordinal, chunk })),
  );
  const vectorOid = await database.vectorOid();
  const columns: Column[] = [
    ...keysOf(chunks),
    ["end_offset", "int[]", chunks.map(({ chunk }) => chunk.end)],
    ["token_count", "int[]", chunks.map(({ chunk }) => chunk.tokens)],
    ["text", "text[]", chunks.map(({ chunk }) => chunk.text)],
    ["embedding", "vector[]", encodeVectorArray(embeddingsOf(chunks), vectorOid)],
    ...(await sparseColumn(database, tables, chunks)),
  ];
  const units = unitColumns(tables, chunks, given);
  const names = [...columns.map(([name]) => name), ...units.values.map(([name]) => name)];
  const values = [...columns.map(([name]) => `u.${name}`), ...units.values.map(([, value]) => value)];
  const updates = names.filter((name) => !KEY.includes(name)).map((name) => `${name} = excluded.${name}`);
  const written = `written as (
       insert into ${tables.chunks} (${names.join(", ")})
       select ${values.join(", ")} from ${rowsOf([...columns, ...units.columns], given)}
       join ${units.ready} r on r.id = u.document_id
       on conflict (document_id, ordinal) do update set ${updates.join(", ")}
     )`;
  const parts = [shorten(tables.chunks, documents, given), ...units.parts, written];
  return parts.filter((part) => part !== undefined).join(", ");
}

const KEY = ["document_id", "ordinal"];

interface PlacedChunk {
  readonly id: string;
  readonly tokenSource: number | undefined;
  readonly ordinal: number;
  readonly chunk: EmbeddedChunk;
}

type Column = readonly [name: string, type: string, value: unknown];
type Given = (value: unknown, type: string) => string;

function keysOf(chunks: readonly PlacedChunk[]): Column[] {
  return [
    ["document_id", "text[]", chunks.map(({ id }) => id)],
    ["ordinal", "int[]", chunks.map(({ ordinal }) => ordinal)],
    ["start_offset", "int[]", chunks.map(({ chunk }) => chunk.start)],
  ];
}

function embeddingsOf(chunks: readonly PlacedChunk[]): Float32Array[] {
  return chunks.map(({ chunk }) => chunk.embedding);
}

async function sparseColumn(
  database: Pick<Database, "sparseOid">,
  { sparseDimensions }: WriteTables,
  chunks: readonly PlacedChunk[],
): Promise<Column[]> {
  const vectors = chunks.flatMap(({ chunk }) => chunk.sparse ?? []);
  if (sparseDimensions === undefined) {
    if (vectors.length > 0) throw new Error("Sparse vectors for a generation that keeps none");
    return [];
  }
  if (vectors.length !== chunks.length) throw new Error("A chunk without the sparse vector that its generation keeps");
  return [["sparse", "sparsevec[]", encodeSparseArray(vectors, sparseDimensions, await database.sparseOid())]];
}

/** A row a chunk, as `u`. */
function rowsOf(columns: readonly Column[], given: Given): string {
  const values = columns.map(([, type, value]) => given(value, type)).join(", ");
  return `unnest(${values}) as u(${columns.map(([name]) => name).join(", ")})`;
}

interface UnitColumns {
  readonly columns: readonly Column[];
  /** Columns of the table, with what is written to them. */
  readonly values: readonly (readonly [name: string, value: string])[];
  /** Parts of the `with` that come before. */
  readonly parts: readonly string[];
  /** The part that answers the documents. */
  readonly ready: string;
}

/** Nothing where none has units: the table of such a generation lacks the columns. */
function unitColumns(tables: WriteTables, chunks: readonly PlacedChunk[], given: Given): UnitColumns {
  const owned = chunks.flatMap(({ chunk }) => chunk.units ?? []);
  const shared = chunks.flatMap(({ chunk }) => chunk.shared ?? []);
  if (owned.length + shared.length === 0) return { columns: [], values: [], parts: [], ready: "ready" };
  if (owned.length !== chunks.length && shared.length !== chunks.length)
    throw new Error("Chunks of one write all have token vectors, or all name them, or none has any");
  if (tables.tokens === undefined) throw new Error("Token vectors for a generation that keeps none");
  // Arrays of unlike length make no array of two dimensions; words hold no spaces.
  const words: Column = ["words", "text[]", [...owned, ...shared].map(({ forms }) => forms)];
  const writtenWords = ["words", "string_to_array(u.words, ' ')"] as const;
  const unitsOf = (places: readonly Uint8Array[]): Column => ["token_units", "bytea[]", asBinary(places)];
  if (shared.length > 0)
    return {
      columns: [
        ["token_source", "bigint[]", chunks.map(({ tokenSource }) => tokenSource)],
        ["token_slices", "text[]", shared.map(({ sliced }) => flatSlices(sliced.slices).join(" "))],
        unitsOf(shared.map(({ sliced }) => sliced.places)),
        words,
      ],
      values: [
        ["token_source", "u.token_source"],
        ["token_slices", "string_to_array(u.token_slices, ' ')::int[]"],
        ["token_units", "u.token_units"],
        writtenWords,
      ],
      parts: [],
      ready: "ready",
    };
  const places = owned.map(({ packed }) => packedPlaces(packed));
  return {
    columns: [unitsOf(places.map((place) => place.places)), words],
    values: [["token_source", "r.source"], ["token_slices", "null"], ["token_units", "u.token_units"], writtenWords],
    parts: keepTokens(tables.tokens, chunks, { owned, rows: places.map(({ rows }) => rows) }, given),
    ready: "sources",
  };
}

/** What a document's chunks bring gets a source of its own, beside what earlier writes left. */
function keepTokens(
  table: string,
  chunks: readonly PlacedChunk[],
  { owned, rows }: { readonly owned: readonly ChunkUnits[]; readonly rows: readonly number[] },
  given: Given,
): string[] {
  const columns: Column[] = [
    ...keysOf(chunks),
    ["rows", "int[]", rows],
    ["tokens", "bytea[]", asBinary(owned.map(({ packed }) => packed))],
  ];
  const names = columns.map(([name]) => name);
  return [
    "sources as materialized (select id, nextval('polyseme_store.token_sources') as source from ready)",
    `kept as (
       insert into ${table} (source, ${names.join(", ")})
       select s.source, ${names.map((name) => `u.${name}`).join(", ")} from ${rowsOf(columns, given)}
       join sources s on s.id = u.document_id
     )`,
  ];
}

function asBinary(buffers: readonly Uint8Array[]): Buffer {
  return encodeBinaryArray(buffers, BYTEA_OID);
}

/**
 * Removes what is behind the new chunks, whichever generation the old ones were counted in. Looked up document by
 * document (offset 0): joined by document alone the planner may read the whole table.
 */
function shorten(table: string, documents: readonly EmbeddedDocument[], given: Given): string | undefined {
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
