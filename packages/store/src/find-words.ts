import type { Filter } from "@polyseme/core";
import { chunkTable, type Collection } from "./collections.ts";
import type { Sql } from "./database.ts";
import { filterCondition, givenInto } from "./filter-condition.ts";
import { BYTES_A_ROW, HEADER_BYTES, placeOfRow, rowBytes, tokenTableOf, type RowPlace } from "./token-tables.ts";

/** Names a chunk of a generation. */
export interface ChunkPlace {
  readonly documentId: string;
  readonly ordinal: number;
}

/** A chunk that holds a word, with the places of its units and without their vectors. */
export interface WordChunk extends ChunkPlace {
  /** What names its vectors: see `rowOf`. */
  readonly source: number;
  readonly slices: readonly number[] | null;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Rows of its packed value. */
  readonly rows: number;
  /** The part of its packed value that says where its units are; `unpackUnits` reads it. */
  readonly units: Buffer;
}

/** Chunks that hold words, and whether there are more of them. */
export interface FoundWords {
  readonly chunks: readonly WordChunk[];
  readonly truncated: boolean;
}

/**
 * Chunks of the live generation that hold all the forms, the first ones by document id and ordinal. Vectors are by far the
 * largest part of a chunk and few of them are wanted, so they stay where they are.
 * @param query.forms as `wordForms` gives them, at least one
 * @param query.limit most chunks
 * @param query.filter only chunks of documents whose metadata match
 */
export async function findWords(
  sql: Sql,
  collection: Collection,
  { forms, limit, filter }: { forms: readonly string[]; limit: number; filter?: Filter | undefined },
): Promise<FoundWords> {
  const params: unknown[] = [forms, limit + 1];
  const given = givenInto(params);
  // A value and no `exists`: for that the planner may read the whole collection.
  const matches =
    filter === undefined
      ? ""
      : `and (select ${filterCondition(filter, "d.metadata", given)} from polyseme_store.documents d
           where d.collection_id = ${given(collection.id, "int")} and d.id = document_id)`;
  // Bit by bit, as a cast of bytes to numbers does not exist before Postgres 18.
  const { rows } = await sql.query<WordChunk>(
    `select c.document_id as "documentId", c.ordinal, c.token_source as source, c.token_slices as slices, c.start_offset as start,
       c.end_offset as end, c.text, substring(c.token_units from ${HEADER_BYTES + 1}) as units,
       get_byte(c.token_units, 8) + (get_byte(c.token_units, 9) << 8) + (get_byte(c.token_units, 10) << 16) as rows
     from (
       select document_id, ordinal, start_offset, end_offset, text, token_source, token_slices, token_units
       from ${chunkTable(collection.id, collection.generation.number)}
       where words @> $1::text[] ${matches}
       order by document_id, ordinal limit $2
     ) c
     order by c.document_id, c.ordinal`,
    params,
  );
  return { chunks: rows.slice(0, limit), truncated: rows.length > limit };
}

/** One row of values, named by what holds it for good: a write of its document never changes it. */
export interface RowRef extends RowPlace {
  readonly documentId: string;
  readonly source: number;
}

/** @param row of the chunk's own */
export function rowOf({ documentId, ordinal, source, slices }: Omit<WordChunk, "units" | "text">, row: number): RowRef {
  return { documentId, source, ...placeOfRow(ordinal, slices, row) };
}

/**
 * The values of single rows, in the order asked for; undefined where the document was written again or deleted since its
 * chunk was found, and its vectors are gone. Vectors are kept out of line and uncompressed, so only the pages of the row
 * are read.
 */
export async function readTokenRows(
  sql: Sql,
  collection: Collection,
  wanted: readonly RowRef[],
): Promise<(Buffer | undefined)[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql.query<{ at: number; values: Buffer }>(
    `select w.at::int as at, c.values
     from unnest($1::text[], $2::bigint[], $3::int[], $4::int[]) with ordinality as w(id, source, piece, row, at)
     cross join lateral (
       select substring(tokens from 1 + ${HEADER_BYTES} + ${BYTES_A_ROW} * rows + w.row * $5::int for $5::int) as values
       from ${tokenTableOf(collection)}
       where document_id = w.id and source = w.source and ordinal = w.piece offset 0
     ) c`,
    [
      wanted.map(({ documentId }) => documentId),
      wanted.map(({ source }) => source),
      wanted.map(({ piece }) => piece),
      wanted.map(({ row }) => row),
      rowBytes(collection),
    ],
  );
  const found = new Array<Buffer | undefined>(wanted.length).fill(undefined);
  for (const { at, values } of rows) found[at - 1] = values;
  return found;
}

/** The forms of the first chunks by document id and ordinal: enough to tell which are everywhere. */
export async function sampleForms(sql: Sql, collection: Collection, limit: number): Promise<string[][]> {
  const { rows } = await sql.query<{ words: string[] }>(
    `select words from ${chunkTable(collection.id, collection.generation.number)} order by document_id, ordinal limit $1`,
    [limit],
  );
  return rows.map(({ words }) => words);
}
