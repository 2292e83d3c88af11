import type { Collection } from "./collections.ts";
import type { Database } from "./database.ts";
import { collectionMoved } from "./require-live.ts";

export interface Hit {
  readonly documentId: string;
  /** By vectors the cosine similarity, 1 for the same direction; by words BM25, by weights the inner product. */
  readonly score: number;
  readonly title: string | null;
  readonly metadata: Record<string, unknown>;
  readonly chunk: { readonly ordinal: number; readonly start: number; readonly end: number; readonly text: string };
}

/** A chunk and what is said of its document, as a row has them. */
export type FoundChunk = Omit<Hit, "chunk" | "score"> & Hit["chunk"];

export interface ScoredChunks {
  /** The expressions of a `with`. */
  readonly parts: string;
  /** A table or `(select …)` made of them: `score` and a chunk's columns, no more rows than are wanted. */
  readonly scored: string;
  readonly params: readonly unknown[];
}

type Row = ((FoundChunk & { score: number }) | { documentId: null }) & { live: number };

/**
 * The chunks with their documents, the largest score first; none when the collection is gone.
 * @throws PolysemeError `unavailable` with `details.moved` when the collection has another live generation by now
 */
export async function readHits(
  database: Pick<Database, "queryWith">,
  { id, generation }: Pick<Collection, "id" | "generation">,
  { parts, scored, params }: ScoredChunks,
): Promise<Hit[]> {
  const { rows } = await database.queryWith<Row>(
    // Compiling a plan takes longer than most scans, and what is expected of the words' parts is far too high.
    { jit: "off" },
    `with ${parts}
     select g.live, n.document_id as "documentId", n.score, n.title, n.metadata, n.ordinal, n.start_offset as start,
       n.end_offset as end, n.text
     from (select live_generation as live from polyseme_store.collections where id = ${id}) g left join (
       select s.*, d.title, d.metadata from ${scored} s cross join lateral (
         -- offset 0: looked up hit by hit; joined, the planner may read the whole collection.
         select title, metadata from polyseme_store.documents where collection_id = ${id} and id = s.document_id offset 0
       ) d
     ) n on true
     order by n.score desc, n.document_id, n.ordinal`,
    params,
  );
  if (rows.some(({ live }) => live !== generation.number)) throw collectionMoved();
  return rows.flatMap((row) => (row.documentId === null ? [] : [hitOf(row, row.score)]));
}

export function hitOf(found: FoundChunk, score: number): Hit {
  const { documentId, title, metadata, ordinal, start, end, text } = found;
  return { documentId, score, title, metadata, chunk: { ordinal, start, end, text } };
}
