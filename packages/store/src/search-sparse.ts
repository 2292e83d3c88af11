import { PolysemeError, type Filter, type SparseVector } from "@polyseme/core";
import { bestOfDocuments } from "./best-of-documents.ts";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database } from "./database.ts";
import { filterCondition, givenInto } from "./filter-condition.ts";
import { readHits, type Hit } from "./read-hits.ts";
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
  return bestOfDocuments({ k, firstLimit: k + SPARE_ROWS }, (limit) => bestChunks(database, collection, query, limit));
}

async function bestChunks(
  database: Pick<Database, "queryWith">,
  collection: Collection,
  { sparse, filter }: SparseQuery,
  limit: number,
): Promise<Hit[]> {
  const { id, generation } = collection;
  const { dimensions } = requireSparse(collection);
  const params: unknown[] = [];
  const given = givenInto(params);
  const matching =
    filter === undefined
      ? ""
      : `where document_id in (select d.id from polyseme_store.documents d
             where d.collection_id = ${id} and ${filterCondition(filter, "d.metadata", given)})`;
  const parts = `best as materialized (
       -- The operator's sign is turned, so that the best come first. offset 0: each product is computed once.
       select * from (
         select document_id, ordinal, start_offset, end_offset, text,
           -(sparse <#> ${given(encodeSparse(sparse, dimensions), "sparsevec")}) as score
         from ${chunkTable(id, generation.number)} ${matching} offset 0
       ) c where c.score > 0 order by c.score desc, c.document_id, c.ordinal limit ${given(limit, "int")}
     )`;
  return readHits(database, collection, { parts, scored: "best", params });
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
