import type { Filter } from "@polyseme/core";
import type { Scan } from "./choose-scan.ts";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database } from "./database.ts";
import { filterCondition, givenInto } from "./filter-condition.ts";
import type { FoundChunk } from "./read-hits.ts";
import { FEW_DOCUMENTS, scanSettings, scanSql } from "./scan-sql.ts";
import { encodeVector } from "./vector-wire.ts";

/** A chunk, how far it is from the query, and what is said of its document. */
export interface ChunkRow extends FoundChunk {
  /** 1 − cosine. */
  readonly distance: number;
}

export interface NearestChunks {
  /** Nearest first. */
  readonly rows: readonly ChunkRow[];
  /** The collection's live generation when they were read; undefined: it is gone. */
  readonly live: number | undefined;
  /** Of a scan of few documents: it looked at none, as more than those match. */
  readonly tooMany: boolean;
}

export interface WantedChunks {
  readonly vector: Float32Array;
  /** Rows at most; fewer come back where there are no more, or a graph ended early. */
  readonly limit: number;
  /** Of documents that match it only. */
  readonly filter?: Filter | undefined;
}

type Row = (ChunkRow | { documentId: null }) & { live: number; tooMany: boolean };

/** The nearest chunks of a generation, as the scan finds them. */
export async function nearestChunks(
  database: Pick<Database, "queryWith">,
  { id, generation }: Pick<Collection, "id" | "generation">,
  { vector, limit, filter }: WantedChunks,
  scan: Scan,
): Promise<NearestChunks> {
  const params: unknown[] = [id, encodeVector(vector), limit];
  const given = givenInto(params);
  const condition = filter === undefined ? undefined : filterCondition(filter, "d.metadata", given);
  const table = chunkTable(id, generation.number);
  const counted = scan.kind === "few" ? `(select count(*) from matching) > ${FEW_DOCUMENTS}` : "false";
  const { rows } = await database.queryWith<Row>(
    scanSettings(scan, { limit, filtered: filter !== undefined }),
    `with ${scanSql({ table, dimensions: generation.dimensions, condition }, scan)}
     select g.live, g."tooMany", n.document_id as "documentId", n.distance, n.title, n.metadata, n.ordinal,
       n.start_offset as start, n.end_offset as end, n.text
     from (select live_generation as live, ${counted} as "tooMany" from polyseme_store.collections where id = $1) g
     left join (
       select h.*, d.title, d.metadata from nearest h cross join lateral (
         -- offset 0: looked up hit by hit; joined, the planner may read the whole collection.
         select title, metadata from polyseme_store.documents where collection_id = $1 and id = h.document_id offset 0
       ) d
     ) n on true
     order by n.distance, n.document_id, n.ordinal`,
    params,
  );
  const [first] = rows;
  return {
    rows: rows.filter((row) => row.documentId !== null).slice(0, limit),
    live: first?.live,
    tooMany: first?.tooMany ?? false,
  };
}
