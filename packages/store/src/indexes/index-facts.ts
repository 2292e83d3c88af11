import { listFollowing } from "../collection-migrations.ts";
import { chunkTable, findCollectionById, listCollections, type Collection } from "../collections.ts";
import type { Sql } from "../database.ts";
import type { BuiltIndex } from "./list-indexes.ts";
import { graphPrefix } from "./vector-index.ts";
import type { IndexFacts } from "./wanted-indexes.ts";

/** A collection in one of its generations. */
export interface IndexedGeneration {
  readonly collection: Collection;
  readonly live: boolean;
}

/** Every generation of every collection, those of a collection side by side. */
export async function listGenerations(sql: Sql): Promise<IndexedGeneration[][]> {
  const followers = new Map((await listFollowing(sql)).map(({ collection, follower }) => [collection.id, follower]));
  return (await listCollections(sql)).map((collection) => {
    const follower = followers.get(collection.id);
    const live = { collection, live: true };
    return follower === undefined
      ? [live]
      : [live, { collection: { ...collection, generation: follower }, live: false }];
  });
}

/** The same generation with the settings that hold now; undefined: it is gone. */
export async function lookAgain(sql: Sql, { collection, live }: IndexedGeneration): Promise<Collection | undefined> {
  const now = await findCollectionById(sql, collection.id);
  if (now === undefined) return undefined;
  if (now.generation.number === collection.generation.number) return now;
  return live ? undefined : { ...now, generation: collection.generation };
}

/** Documents that wait are counted up to this share of the chunks; more make no difference. */
const PENDING_SHARE = 2;

/** What is known of a generation now. Chunks are an estimate where the table was analysed once. */
export async function readIndexFacts(
  sql: Sql,
  { collection, live }: IndexedGeneration,
  built: readonly BuiltIndex[],
): Promise<IndexFacts> {
  const chunks = await estimateChunks(sql, collection);
  const prefix = graphPrefix(collection);
  const hasGraph = built.some(({ name, state }) => name.startsWith(prefix) && state !== "invalid");
  const most = Math.max(1, PENDING_SHARE * chunks);
  const waiting = live
    ? "select 1 from polyseme_store.documents where collection_id = $1 and state in ('queued', 'embedding')"
    : `select 1 from polyseme_store.followed_documents where collection_id = $1 and failed_at is null
       union all select 1 from polyseme_store.collection_migrations m join polyseme_store.documents d
         on d.collection_id = m.collection_id and d.id > coalesce(m.listed_to, '')
       where m.collection_id = $1 and not m.all_listed`;
  const { rows } = await sql.query<{ pending: number; searchedByWords: boolean }>(
    `select count(*)::int as pending, exists (
       select from polyseme_store.collections where id = $1 and searched_by_words_at is not null
     ) as "searchedByWords" from (${waiting} limit $2) w`,
    [collection.id, most],
  );
  const { pending: waits = 0, searchedByWords = false } = rows[0] ?? {};
  // Nobody searches what follows, and what is still written to it would go into a graph at a tenth of the speed.
  const pending = live || waits === 0 ? waits : Infinity;
  return { live, chunks, exactMs: collection.generation.measure?.exactMs, pending, hasGraph, searchedByWords };
}

/** As the planner estimates it: rows a page when it was last analysed, by the pages that there are now. */
async function estimateChunks(sql: Sql, { id, generation }: Collection): Promise<number> {
  const table = chunkTable(id, generation.number);
  const { rows } = await sql.query<{ chunks: number | null }>(
    `select case when reltuples >= 0 and relpages > 0 then
       (reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::int))::int8 end as chunks
     from pg_class where oid = to_regclass('${table}')`,
  );
  const estimate = rows[0]?.chunks;
  if (estimate != null) return estimate;
  const counted = await sql.query<{ chunks: number }>(`select count(*) as chunks from ${table}`);
  return counted.rows[0]?.chunks ?? 0;
}
