import type { RowSlice } from "@polyseme/core";
import type { Collection, Generation } from "./collections.ts";
import type { Sql } from "./database.ts";

/**
 * The table of a token set: the packed vectors of each document as they were written, which no later cut of its text changes.
 * What one write of a document left has one `source`; chunks name it, and rows of it where they were cut anew. Both parts
 * are numbers, so the name is safe in SQL text.
 */
export function tokenTable(collectionId: number, set: number): string {
  return `polyseme_store.tokens_${collectionId}_${set}`;
}

export async function createTokenTable(sql: Sql, collectionId: number, set: number): Promise<void> {
  const table = tokenTable(collectionId, set);
  await sql.query(`create table ${table} (
    document_id text not null,
    source bigint not null,
    ordinal integer not null,
    start_offset integer not null,
    rows integer not null,
    tokens bytea not null,
    primary key (document_id, source, ordinal)
  )`);
  // Numbers near each other in no way: compressing them costs time and gains nothing.
  await sql.query(`alter table ${table} alter column tokens set storage external`);
}

/** Adds to an empty chunk table what names token vectors. */
export async function addTokenColumns(sql: Sql, chunkTable: string): Promise<void> {
  // No slices: all rows of the value that has the chunk's own ordinal.
  await sql.query(`alter table ${chunkTable} add column token_source bigint not null, add column token_slices integer[],
    add column token_units bytea not null, add column words text[] not null`);
  await sql.query(`create index on ${chunkTable} using gin (words)`);
}

/** The table of a generation that keeps token vectors. */
export function tokenTableOf({ id, generation }: Pick<Collection, "id" | "generation">): string {
  const { tokenSet } = generation;
  if (tokenSet === undefined || tokenSet === null) throw new Error("A generation that keeps no token vectors");
  return tokenTable(id, tokenSet);
}

/** Bytes of one row of values in a collection's packed values. */
export function rowBytes({ generation }: { readonly generation: Pick<Generation, "dimensions" | "tokens"> }): number {
  return generation.dimensions * (generation.tokens.tokenVectors === "half" ? 2 : 1);
}

/** The layout of `packTokens`: a header, then a scale and a norm a row, the values, the units. */
export const HEADER_BYTES = 12;
const FLOAT_BYTES = 4;
export const BYTES_A_ROW = 2 * FLOAT_BYTES;
/** Numbers of a slice in `token_slices`: ordinal of the value, first row, rows. */
const SLICE = 3;

/** What `token_slices` holds. */
export function flatSlices(slices: readonly RowSlice[]): number[] {
  return slices.flatMap(({ chunk, first, count }) => [chunk, first, count]);
}

/** Where a row of a chunk's value is: in the value of that ordinal, and which of its rows. */
export interface RowPlace {
  readonly piece: number;
  readonly row: number;
}

/** @param slices as `token_slices` holds them, in a chunk of this ordinal */
export function placeOfRow(ordinal: number, slices: readonly number[] | null, row: number): RowPlace {
  if (slices === null) return { piece: ordinal, row };
  let rest = row;
  for (let at = 0; at < slices.length; at += SLICE) {
    const [piece = 0, first = 0, count = 0] = slices.slice(at, at + SLICE);
    if (rest < count) return { piece, row: first + rest };
    rest -= count;
  }
  throw new Error("A chunk names a row that none of its slices has");
}

/**
 * A lateral part of a `from` that answers `p(packed)`: a chunk's token vectors as `packTokens` packs them, put together from
 * the rows that it names; null when they are not all there. Only the pages of those rows are read.
 * @param c the chunk's row
 */
export function packedOf(c: string, table: string, bytes: number): string {
  const values = `${table} t where t.document_id = ${c}.document_id and t.source = ${c}.token_source`;
  const [ordinal, first, count] = [0, 1, 2].map((at) => `${c}.token_slices[k + ${at}]`);
  const part = (from: string, width: number): string =>
    `string_agg(substring(s.tokens from ${HEADER_BYTES + 1} + ${from} for ${width} * ${count}), '' order by k)`;
  return `cross join lateral (
      select case when ${c}.token_slices is null then (select t.tokens from ${values} and t.ordinal = ${c}.ordinal)
        else (
          select substring(${c}.token_units for ${HEADER_BYTES}) || ${part(`${FLOAT_BYTES} * ${first}`, FLOAT_BYTES)}
            || ${part(`${FLOAT_BYTES} * (s.rows + ${first})`, FLOAT_BYTES)}
            || ${part(`${BYTES_A_ROW} * s.rows + ${bytes} * ${first}`, bytes)}
            || substring(${c}.token_units from ${HEADER_BYTES + 1})
          from generate_series(1, cardinality(${c}.token_slices), ${SLICE}) k
          cross join lateral (select t.tokens, t.rows from ${values} and t.ordinal = ${ordinal} offset 0) s
          having count(*) = cardinality(${c}.token_slices) / ${SLICE}
        ) end as packed
      offset 0
    ) p`;
}

/**
 * A part of a `with` that removes what earlier writes of documents left in a token table: of those whose ids an earlier
 * part, `ready`, answers. Looked up document by document (offset 0): joined by document alone the planner may read the
 * whole table.
 * @param kept a source of each document that stays; left out: none that was there before
 * @param condition whether to remove anything
 * @param given adds a parameter
 */
export function dropSources(
  table: string,
  documents: { readonly ids: readonly string[]; readonly kept?: readonly number[] },
  condition: string,
  given: (value: unknown, type: string) => string,
): string {
  const { ids, kept = ids.map(() => -1) } = documents;
  return `dropped as (
       delete from ${table} where ctid = any (array(
         select old.at from unnest(${given(ids, "text[]")}, ${given(kept, "bigint[]")}) as n(id, kept) join ready r on r.id = n.id
         cross join lateral (
           select o.ctid as at from ${table} o where o.document_id = n.id and o.source <> n.kept offset 0
         ) old where ${condition}))
     )`;
}
