import { TOKENS_PER_BYTE } from "./backlog.ts";
import { chunkTable, type Collection } from "./collections.ts";
import type { Sql } from "./database.ts";
import { WORKER_LIVES } from "./workers.ts";

export interface CollectionStatistics {
  readonly documents: {
    readonly total: number;
    readonly queued: number;
    readonly embedding: number;
    readonly stored: number;
    readonly failed: number;
  };
  readonly chunks: number;
  /** Share of the documents whose newest content is searchable; 1 when there are none. */
  readonly coverage: number;
  readonly oldestPendingAgeSeconds: number | null;
  /** Tokens that wait, divided by what the live embedders last measured; null while no embedder has measured any. */
  readonly backlogSeconds: number | null;
}

export async function collectionStatistics(sql: Sql, collection: Collection): Promise<CollectionStatistics> {
  const { rows } = await sql.query<{
    total: number;
    queued: number;
    embedding: number;
    failed: number;
    pendingBytes: number;
    oldestPendingAgeSeconds: number | null;
    chunks: number;
    tokensPerSecond: number | null;
  }>(
    `select
       (select count(*)::int from polyseme_store.documents where collection_id = $1) as total,
       p.*,
       (select count(*)::int from ${chunkTable(collection.id, collection.generation.number)}) as chunks,
       (select sum(tokens_per_second) from polyseme_store.workers where ${WORKER_LIVES}) as "tokensPerSecond"
     from (select
         count(*) filter (where state = 'queued')::int as queued,
         count(*) filter (where state = 'embedding')::int as embedding,
         count(*) filter (where state = 'failed')::int as failed,
         coalesce(sum(text_bytes) filter (where state <> 'failed'), 0)::int8 as "pendingBytes",
         extract(epoch from now() - min(received_at) filter (where state <> 'failed'))::float8 as "oldestPendingAgeSeconds"
       from polyseme_store.documents where collection_id = $1 and state <> 'stored') p`,
    [collection.id],
  );
  const row = rows[0];
  if (row === undefined) throw new Error("An aggregate without a row");
  const { total, queued, embedding, failed } = row;
  const stored = total - queued - embedding - failed;
  const pendingTokens = row.pendingBytes * TOKENS_PER_BYTE;
  return {
    documents: { total, queued, embedding, stored, failed },
    chunks: row.chunks,
    coverage: total === 0 ? 1 : stored / total,
    oldestPendingAgeSeconds: row.oldestPendingAgeSeconds,
    backlogSeconds:
      pendingTokens === 0
        ? 0
        : row.tokensPerSecond === null || row.tokensPerSecond === 0
          ? null
          : pendingTokens / row.tokensPerSecond,
  };
}
