import type { Filter } from "@polyseme/core";
import { chunkTable, type Collection } from "./collections.ts";
import type { Sql } from "./database.ts";
import { filterCondition, givenInto } from "./filter-condition.ts";

/** Names a chunk of a generation. */
export interface ChunkPlace {
  readonly documentId: string;
  readonly ordinal: number;
}

/** A chunk that holds a word, with the places of its units and without their vectors. */
export interface WordChunk extends ChunkPlace {
  /** Changes whenever the chunk is written. */
  readonly version: string;
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

/** Layout of `packTokens`: a header with the number of rows, then a scale and a norm a row, the values, the units. */
const HEADER_BYTES = 12;
const ROWS_AT = 8;
const BYTES_A_ROW = 8;

/** Bytes of one row of values in a collection's packed values. */
export function rowBytes({ generation: { dimensions, tokens } }: Collection): number {
  return dimensions * (tokens.tokenVectors === "half" ? 2 : 1);
}

/**
 * Chunks of the live generation that hold all the forms, the first ones by document id and ordinal. Vectors are by far the
 * largest part of a chunk and few of them are wanted, so they stay where they are: values are kept out of line and
 * uncompressed, and Postgres reads only the pages of the slice that is asked for.
 * @param query.forms as `wordForms` gives them, at least one
 * @param query.limit most chunks
 * @param query.filter only chunks of documents whose metadata match
 */
export async function findWords(
  sql: Sql,
  collection: Collection,
  { forms, limit, filter }: { forms: readonly string[]; limit: number; filter?: Filter | undefined },
): Promise<FoundWords> {
  const params: unknown[] = [forms, limit + 1, BYTES_A_ROW + rowBytes(collection)];
  const given = givenInto(params);
  // A value and no `exists`: for that the planner may read the whole collection.
  const matches =
    filter === undefined
      ? ""
      : `and (select ${filterCondition(filter, "d.metadata", given)} from polyseme_store.documents d
           where d.collection_id = ${given(collection.id, "int")} and d.id = document_id)`;
  // Bit by bit, as a cast of bytes to numbers does not exist before Postgres 18.
  const { rows } = await sql.query<WordChunk>(
    `select c.document_id as "documentId", c.ordinal, c.xmin::text as version, c.start_offset as start,
       c.end_offset as end, c.text, n.rows, substring(c.tokens from 1 + ${HEADER_BYTES} + n.rows * $3::int) as units
     from (
       select document_id, ordinal, xmin, start_offset, end_offset, text, tokens
       from ${chunkTable(collection.id, collection.generation.number)}
       where words @> $1::text[] ${matches}
       order by document_id, ordinal limit $2
     ) c
     cross join lateral (select substring(c.tokens from 1 + ${ROWS_AT} for 4) as bytes offset 0) h
     cross join lateral (
       select get_byte(h.bytes, 0) + (get_byte(h.bytes, 1) << 8) + (get_byte(h.bytes, 2) << 16) as rows offset 0
     ) n
     order by c.document_id, c.ordinal`,
    params,
  );
  return { chunks: rows.slice(0, limit), truncated: rows.length > limit };
}

/** One row of a chunk's values. */
export interface RowRef extends ChunkPlace {
  readonly version: string;
  /** Rows that the chunk has. */
  readonly rows: number;
  readonly row: number;
}

/**
 * The values of single rows, in the order asked for; undefined where the chunk was written again or deleted since it was
 * found.
 */
export async function readTokenRows(
  sql: Sql,
  collection: Collection,
  wanted: readonly RowRef[],
): Promise<(Buffer | undefined)[]> {
  if (wanted.length === 0) return [];
  const bytes = rowBytes(collection);
  const { rows } = await sql.query<{ at: number; values: Buffer }>(
    `select w.at::int as at, c.values
     from unnest($1::text[], $2::int[], $3::text[], $4::int[]) with ordinality as w(id, ordinal, version, first, at)
     cross join lateral (
       select substring(tokens from w.first for $5::int) as values
       from ${chunkTable(collection.id, collection.generation.number)}
       where document_id = w.id and ordinal = w.ordinal and xmin = w.version::xid offset 0
     ) c`,
    [
      wanted.map(({ documentId }) => documentId),
      wanted.map(({ ordinal }) => ordinal),
      wanted.map(({ version }) => version),
      wanted.map(({ rows: all, row }) => 1 + HEADER_BYTES + all * BYTES_A_ROW + row * bytes),
      bytes,
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
