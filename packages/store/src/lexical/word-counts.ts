import { chunkTable, type Collection } from "../collections.ts";
import type { Sql } from "../database.ts";
import type { WordCounts } from "./plan-words.ts";
import { textConfig, wordEntries } from "./text-config.ts";
import { textIndex } from "./text-indexes.ts";

/** Chunks that are counted, some 0.4 s of Postgres at most. */
const SAMPLED_CHUNKS = 2_000;
/** A word seen in fewer chunks of the sample is taken for rare. */
const LEAST_SEEN = 10;

/**
 * Counts the words of a collection, in a sample of its chunks where it is large. Not exact, and need not be: what is
 * frequent is known well enough, and what is rare is counted where it is searched for.
 */
export async function countWords(sql: Sql, collection: Collection): Promise<WordCounts> {
  const table = chunkTable(collection.id, collection.generation.number);
  const { rows } = await sql.query<{ chunks: number }>(`select count(*) as chunks from ${table}`);
  const chunks = rows[0]?.chunks ?? 0;
  const percent = Math.min(100, (100 * SAMPLED_CHUNKS) / Math.max(1, chunks));
  const { rows: found } = await sql.query<{ sampled: number; meanBytes: number | null; seen: Record<string, number> }>(
    `with sample as materialized (
       select octet_length(text) as bytes, ${wordEntries(textConfig(collection.language), "text")} as entries
       from (select text from ${table} ${percent < 100 ? `tablesample system (${percent})` : ""} limit ${2 * SAMPLED_CHUNKS}) s
     ), seen as (
       select entry, count(*) as chunks from sample, unnest(entries) entry where entry !~ '\\*[2-5]$'
       group by entry having count(*) >= ${LEAST_SEEN}
     )
     select (select count(*) from sample) as sampled, (select avg(bytes)::float8 from sample) as "meanBytes",
       (select coalesce(jsonb_object_agg(entry, chunks), '{}') from seen) as seen`,
  );
  const { sampled = 0, meanBytes = null, seen = {} } = found[0] ?? {};
  const share = (count: number): number => count / Math.max(1, sampled);
  return {
    chunks,
    meanBytes: meanBytes ?? 1,
    frequent: new Map(Object.entries(seen).map(([entry, count]) => [entry, share(count)])),
    rareShare: Math.min(1, share(LEAST_SEEN)),
  };
}

/** Whether the collection's words are indexed, in its language as it is now. */
export async function hasTextIndex(sql: Sql, collection: Collection): Promise<boolean> {
  const { rows } = await sql.query<{ ready: boolean }>(
    `select coalesce((select indisvalid from pg_index where indexrelid = to_regclass($1)), false) as ready`,
    [`polyseme_store.${textIndex(collection).name}`],
  );
  return rows[0]?.ready === true;
}

/** From the first time on, the collection's words are to be indexed. */
export async function markSearchedByWords(sql: Sql, collectionId: number): Promise<void> {
  await sql.query(
    "update polyseme_store.collections set searched_by_words_at = now() where id = $1 and searched_by_words_at is null",
    [collectionId],
  );
}
