import type { Filter } from "@polyseme/core";
import { bestOfDocuments } from "./best-of-documents.ts";
import { chooseScan, EXACT, FEW, type Scan } from "./choose-scan.ts";
import type { Collection } from "./collections.ts";
import type { Database } from "./database.ts";
import { nearestChunks, type ChunkRow, type NearestChunks, type WantedChunks } from "./nearest-chunks.ts";
import { hitOf, type Hit } from "./read-hits.ts";
import { collectionMoved } from "./require-live.ts";

export interface ChunkQuery {
  readonly vector: Float32Array;
  readonly k: number;
  readonly group: "document" | "chunk";
  /** Only of documents whose metadata match it. */
  readonly filter?: Filter | undefined;
  /** Every vector is compared, whatever index there is. */
  readonly exact?: boolean;
}

type Reader = Pick<Database, "queryWith">;

/** More rows than documents are wanted at first, as some have several chunks among the nearest. */
const SPARE_ROWS = 20;

/**
 * The nearest chunks by cosine, nearest first; with `group: "document"` one for each document, its best. `k` hits come back
 * whenever there are so many. Whether all vectors are compared or a graph is followed is the collection's settings' and
 * what was measured of it; through a graph some of the nearest may be missed.
 * @throws PolysemeError `unavailable` with `details.moved` when the collection has another live generation by now
 */
export async function searchChunks(database: Reader, collection: Collection, query: ChunkQuery): Promise<Hit[]> {
  const { k, group } = query;
  const rows =
    group === "chunk"
      ? await nearest(database, collection, query, { k, limit: k })
      : await bestOfDocuments({ k, firstLimit: k + SPARE_ROWS }, (limit) =>
          nearest(database, collection, query, { k: limit - SPARE_ROWS, limit }),
        );
  return rows.map((row) => hitOf(row, 1 - row.distance));
}

async function nearest(
  database: Reader,
  collection: Collection,
  { vector, filter, exact = false }: ChunkQuery,
  { k, limit }: { k: number; limit: number },
): Promise<readonly ChunkRow[]> {
  const wanted = { vector, limit, filter };
  if (filter !== undefined) {
    const few = await scanLive(database, collection, wanted, FEW);
    if (!few.tooMany) return few.rows;
  }
  const scan = exact ? EXACT : chooseScan(collection, { k, limit, filtered: filter !== undefined });
  const { rows } = await scanLive(database, collection, wanted, scan);
  // A graph may end early: chunks that no edge leads to, few that match, or more dead ones than a scan looks at.
  const endedEarly = scan.kind === "graph" && rows.length < limit;
  return endedEarly ? (await scanLive(database, collection, wanted, EXACT)).rows : rows;
}

async function scanLive(
  database: Reader,
  collection: Collection,
  wanted: WantedChunks,
  scan: Scan,
): Promise<NearestChunks> {
  const found = await nearestChunks(database, collection, wanted, scan);
  if (found.live === undefined || found.live === collection.generation.number) return found;
  throw collectionMoved();
}
