import { chunkTable, type Collection } from "./collections.ts";
import type { Sql } from "./database.ts";
import type { ChunkPlace } from "./find-words.ts";
import { packedOf, rowBytes, tokenTableOf } from "./token-tables.ts";

/** A chunk with all its token vectors. */
export interface TokenChunk extends ChunkPlace {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** As `packTokens` packs them, with offsets in the chunk's text. */
  readonly tokens: Buffer;
}

/**
 * Chunks of the live generation with their token vectors, in the order asked for; those that are no longer there are left
 * out. A chunk of 256 tokens has some 80 kB at int8.
 */
export async function readChunkTokens(
  sql: Sql,
  collection: Collection,
  wanted: readonly ChunkPlace[],
): Promise<TokenChunk[]> {
  if (wanted.length === 0) return [];
  const { rows } = await sql.query<TokenChunk>(
    `select w.id as "documentId", w.ordinal, c.start_offset as start, c.end_offset as end, c.text, p.packed as tokens
     from unnest($1::text[], $2::int[]) with ordinality as w(id, ordinal, at)
     cross join lateral (
       select document_id, ordinal, start_offset, end_offset, text, token_source, token_slices, token_units
       from ${chunkTable(collection.id, collection.generation.number)}
       where document_id = w.id and ordinal = w.ordinal offset 0
     ) c
     ${packedOf("c", tokenTableOf(collection), rowBytes(collection))}
     where p.packed is not null
     order by w.at`,
    [wanted.map(({ documentId }) => documentId), wanted.map(({ ordinal }) => ordinal)],
  );
  return rows;
}

/** A document's part of a hit. */
export interface DocumentLabel {
  readonly title: string | null;
  readonly metadata: Record<string, unknown>;
}

/** Titles and metadata by id; those that are no longer there are left out. */
export async function readDocumentLabels(
  sql: Sql,
  collection: Collection,
  ids: readonly string[],
): Promise<Map<string, DocumentLabel>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql.query<DocumentLabel & { id: string }>(
    `select w.id, d.title, d.metadata
     from unnest($2::text[]) as w(id)
     cross join lateral (
       select title, metadata from polyseme_store.documents where collection_id = $1 and id = w.id offset 0
     ) d`,
    [collection.id, [...new Set(ids)]],
  );
  return new Map(rows.map(({ id, ...label }) => [id, label]));
}
