import { PolysemeError } from "@polyseme/core";
import { chunkTable, type Collection } from "./collections.ts";
import type { Sql } from "./database.ts";
import { encodeVector } from "./vector-wire.ts";

export interface Hit {
  readonly documentId: string;
  /** Cosine similarity, 1 for the same direction. */
  readonly score: number;
  readonly title: string | null;
  readonly metadata: Record<string, unknown>;
  readonly chunk: { readonly ordinal: number; readonly start: number; readonly end: number; readonly text: string };
}

interface HitRow {
  documentId: string;
  distance: number;
  title: string | null;
  metadata: Record<string, unknown>;
  ordinal: number;
  start: number;
  end: number;
  text: string;
}

/**
 * The nearest chunks by cosine, nearest first; with `group: "document"` one for each document, its best.
 * The scan is exact: `k` hits come back whenever there are so many.
 * @throws PolysemeError `unavailable` with `details.moved` when the collection has another live generation by now
 */
export async function searchChunks(
  sql: Sql,
  collection: Collection,
  query: { vector: Float32Array; k: number; group: "document" | "chunk" },
): Promise<Hit[]> {
  if (query.group === "chunk") return (await nearestChunks(sql, collection, query.vector, query.k)).map(toHit);
  // Long documents may own many of the nearest chunks, so the scan widens until k documents are found or none is left.
  for (let limit = query.k + 20; ; limit *= 4) {
    const rows = await nearestChunks(sql, collection, query.vector, limit);
    const best = new Map<string, HitRow>();
    for (const row of rows) if (!best.has(row.documentId)) best.set(row.documentId, row);
    if (best.size >= query.k || rows.length < limit) return [...best.values()].slice(0, query.k).map(toHit);
  }
}

async function nearestChunks(sql: Sql, collection: Collection, vector: Float32Array, limit: number): Promise<HitRow[]> {
  const { rows } = await sql.query<(HitRow | { documentId: null }) & { live: number }>(
    `with nearest as materialized (
       select document_id, ordinal, start_offset, end_offset, text, embedding <=> $2::vector as distance
       from ${chunkTable(collection.id, collection.generation.number)}
       order by embedding <=> $2::vector limit $3
     )
     select g.live, n.document_id as "documentId", n.distance, n.title, n.metadata, n.ordinal, n.start_offset as start,
       n.end_offset as end, n.text
     from (select live_generation as live from polyseme_store.collections where id = $1) g left join (
       select h.*, d.title, d.metadata from nearest h cross join lateral (
         -- offset 0: looked up hit by hit; joined, the planner may read the whole collection.
         select title, metadata from polyseme_store.documents where collection_id = $1 and id = h.document_id offset 0
       ) d
     ) n on true
     order by n.distance, n.document_id, n.ordinal`,
    [collection.id, encodeVector(vector), limit],
  );
  if (rows.some(({ live }) => live !== collection.generation.number))
    throw new PolysemeError("unavailable", "The collection went to another generation while it was searched.", {
      details: { moved: true },
    });
  return rows.filter((row) => row.documentId !== null);
}

function toHit({ documentId, distance, title, metadata, ...chunk }: HitRow): Hit {
  return { documentId, score: 1 - distance, title, metadata, chunk };
}
