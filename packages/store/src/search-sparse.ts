import { PolysemeError, type Filter, type SparseVector } from "@polyseme/core";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database } from "./database.ts";
import { filterCondition, type Given } from "./filter-condition.ts";
import type { Hit } from "./search-chunks.ts";
import { encodeSparse } from "./sparse-wire.ts";

export interface SparseQuery {
  readonly sparse: SparseVector;
  readonly k: number;
  readonly group: "document" | "chunk";
  /** Only of documents whose metadata match it. */
  readonly filter?: Filter | undefined;
}

/** More rows than documents are wanted at first, as some have several chunks among the best. */
const SPARE_ROWS = 20;

/**
 * The chunks of the largest inner product with a sparse vector, the largest first; with `group: "document"` one for each
 * document, its best. Chunks that share no token with the query are left out. All others are compared: there is no index.
 * @throws PolysemeError `conflict` when the collection has no sparse model; `unavailable` with `details.moved` when it has
 * another live generation by now
 */
export async function searchSparse(
  database: Pick<Database, "queryWith">,
  collection: Collection,
  query: SparseQuery,
): Promise<Hit[]> {
  const { k, group } = query;
  if (group === "chunk") return bestChunks(database, collection, query, k);
  // Long documents may own many of the best chunks, so the scan widens until k documents are found or none is left.
  for (let limit = k + SPARE_ROWS; ; limit *= 4) {
    const hits = await bestChunks(database, collection, query, limit);
    const best = new Map<string, Hit>();
    for (const hit of hits) if (!best.has(hit.documentId)) best.set(hit.documentId, hit);
    if (best.size >= k || hits.length < limit) return [...best.values()].slice(0, k);
  }
}

type Row = (Omit<Hit, "chunk"> & Hit["chunk"]) | { documentId: null };

async function bestChunks(
  database: Pick<Database, "queryWith">,
  collection: Collection,
  { sparse, filter }: SparseQuery,
  limit: number,
): Promise<Hit[]> {
  const { id, generation } = collection;
  const { dimensions } = requireSparse(collection);
  const params: unknown[] = [id, encodeSparse(sparse, dimensions), limit];
  const given: Given = (value, type) => `$${params.push(value)}::${type}`;
  const matching =
    filter === undefined
      ? ""
      : `where document_id in (select d.id from polyseme_store.documents d
             where d.collection_id = $1 and ${filterCondition(filter, "d.metadata", given)})`;
  const { rows } = await database.queryWith<Row & { live: number }>(
    // Compiling a plan takes longer than most scans.
    { jit: "off" },
    `with best as materialized (
       -- The operator's sign is turned, so that the best come first. offset 0: each product is computed once.
       select * from (
         select document_id, ordinal, start_offset, end_offset, text, -(sparse <#> $2::sparsevec) as score
         from ${chunkTable(id, generation.number)} ${matching} offset 0
       ) c where c.score > 0 order by c.score desc, c.document_id, c.ordinal limit $3
     )
     select g.live, n.document_id as "documentId", n.score, n.title, n.metadata, n.ordinal, n.start_offset as start,
       n.end_offset as end, n.text
     from (select live_generation as live from polyseme_store.collections where id = $1) g left join (
       select b.*, d.title, d.metadata from best b cross join lateral (
         -- offset 0: looked up hit by hit; joined, the planner may read the whole collection.
         select title, metadata from polyseme_store.documents where collection_id = $1 and id = b.document_id offset 0
       ) d
     ) n on true
     order by n.score desc, n.document_id, n.ordinal`,
    params,
  );
  if (rows.some(({ live }) => live !== generation.number))
    throw new PolysemeError("unavailable", "The collection went to another generation while it was searched.", {
      details: { moved: true },
    });
  return rows.flatMap((row) => {
    if (row.documentId === null) return [];
    const { documentId, score, title, metadata, ordinal, start, end, text } = row;
    return [{ documentId, score, title, metadata, chunk: { ordinal, start, end, text } }];
  });
}

/** @throws PolysemeError `conflict` for a collection without a sparse model */
export function requireSparse({ name, generation }: Collection): NonNullable<Collection["generation"]["sparse"]> {
  if (generation.sparse !== undefined && generation.sparse !== null) return generation.sparse;
  throw new PolysemeError(
    "conflict",
    `"${name}" has no sparse model, so its documents have no weights to search by. POST /v1/collections/${name}/migrate with {"sparse": {"model": …}} makes them, or leave mode out.`,
    { details: { field: "mode" } },
  );
}
