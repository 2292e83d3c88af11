import type { Migration } from "./collection-migrations.ts";
import { chunkTable } from "./collections.ts";
import type { Sql } from "./database.ts";
import { encodeVector } from "./vector-wire.ts";

/** How far the nearest documents are the same in two generations. */
export interface Overlap {
  /** Documents of each answer that were compared. */
  readonly at: number;
  readonly queries: number;
  /** Share of the documents that both answers have, 0 to 1: over all queries, and in the one where it is least. */
  readonly mean: number;
  readonly least: number;
  readonly measuredAt: string;
}

/** A process that measures has so long; then another one may begin. */
const MEASURING_SECONDS = 60;

/**
 * Takes the measuring of a migration on. False when another process has it, it was measured already, or the migration is
 * another one by now.
 * @param options.again also when it was measured
 */
export async function claimOverlap(
  sql: Sql,
  { collection, to }: Pick<Migration, "collection" | "to">,
  options: { readonly again: boolean },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update polyseme_store.collection_migrations set overlap_started_at = now()
     where collection_id = $1 and to_generation = $2
       and ($3 or (overlap is null and overlap_reason is null
         and (overlap_started_at is null or overlap_started_at < now() - interval '${MEASURING_SECONDS} seconds')))`,
    [collection.id, to, options.again],
  );
  return rowCount > 0;
}

/** Writes down what was measured, or why it could not be. */
export async function saveOverlap(
  sql: Sql,
  { collection, to }: Pick<Migration, "collection" | "to">,
  result: Overlap | { readonly reason: string },
): Promise<void> {
  const isMeasured = "at" in result;
  await sql.query(
    `update polyseme_store.collection_migrations set overlap = $3::jsonb, overlap_reason = $4
     where collection_id = $1 and to_generation = $2`,
    [collection.id, to, isMeasured ? JSON.stringify(result) : null, isMeasured ? null : result.reason],
  );
}

/** What a document is asked for by. */
export interface SampledDocument {
  readonly id: string;
  readonly title: string | null;
  /** Of one of its chunks. */
  readonly text: string;
}

/** Pages are read until so many chunks are there to choose from. */
const CHUNKS_LOOKED_AT = 4_000;

/**
 * Documents of the live generation, one chunk of each: as good as the same ones each time, so that two measurements can be
 * compared. Reads some pages of the table, however large it is.
 */
export async function sampleDocuments(
  sql: Sql,
  { collection }: Pick<Migration, "collection">,
  count: number,
): Promise<SampledDocument[]> {
  const table = chunkTable(collection.id, collection.generation.number);
  const sizes = await sql.query<{ chunks: number }>(
    "select greatest(reltuples, 0)::float8 as chunks from pg_class where oid = $1::regclass",
    [table],
  );
  // Unknown before the first analysis: then all of it is looked at, as it is small or new.
  const chunks = Math.max(1, sizes.rows[0]?.chunks ?? 0);
  const percent = Math.min(100, (100 * CHUNKS_LOOKED_AT) / chunks);
  const { rows } = await sql.query<SampledDocument>(
    `select s.id, d.title, s.text from (
       select distinct on (md5(document_id)) document_id as id, left(text, 2000) as text
       from ${table} tablesample system (${percent}) repeatable (42) order by md5(document_id), ordinal limit $2
     ) s join lateral (
       select title from polyseme_store.documents where collection_id = $1 and id = s.id offset 0
     ) d on true`,
    [collection.id, count],
  );
  return rows;
}

/**
 * The ids of the nearest documents in a generation, live or not.
 * @param options.without left out: it would be the first in both
 */
export async function nearestDocuments(
  sql: Sql,
  generation: { readonly collectionId: number; readonly number: number },
  vector: Float32Array,
  options: { readonly count: number; readonly without: string },
): Promise<string[]> {
  const { count, without } = options;
  // Long documents may own many of the nearest chunks, so the look widens.
  for (let limit = 4 * (count + 1); ; limit *= 4) {
    const { rows } = await sql.query<{ id: string }>(
      `select document_id as id from ${chunkTable(generation.collectionId, generation.number)}
       order by embedding <=> $1::vector limit $2`,
      [encodeVector(vector), limit],
    );
    const ids = new Set(rows.map(({ id }) => id));
    ids.delete(without);
    if (ids.size >= count || rows.length < limit) return [...ids].slice(0, count);
  }
}
