import { isStorable, PolysemeError } from "@polyseme/core";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database, Rows, Sql } from "./database.ts";
import { decodeVector } from "./vector-wire.ts";

export type DocumentState = "queued" | "embedding" | "stored" | "failed";

export interface StoredDocument {
  readonly id: string;
  readonly version: number;
  readonly state: DocumentState;
  readonly attempts: number;
  readonly title: string | null;
  readonly text: string;
  readonly metadata: Record<string, unknown>;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly storedAt: Date | null;
}

export interface StoredChunk {
  readonly ordinal: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly text: string;
  readonly embedding?: Float32Array;
}

/** @throws PolysemeError `not_found` */
export async function getDocument(sql: Sql, collection: Collection, id: string): Promise<StoredDocument> {
  const { rows } = await (isStorable(id) ? selectDocument(sql, collection, id) : { rows: [] });
  const found = rows[0];
  if (found === undefined)
    throw new PolysemeError("not_found", `The collection "${collection.name}" has no document with this id.`, {
      details: { field: "id" },
    });
  return found;
}

async function selectDocument(sql: Sql, collection: Collection, id: string): Promise<Rows<StoredDocument>> {
  return sql.query<StoredDocument>(
    `select id, version, state, attempts, title, text, metadata, error_code as "errorCode",
       error_message as "errorMessage", stored_at as "storedAt"
     from polyseme_store.documents where collection_id = $1 and id = $2`,
    [collection.id, id],
  );
}

/** A document's chunks in their order, with embeddings only when asked for. */
export async function getChunks(
  sql: Sql,
  collection: Collection,
  id: string,
  options: { embeddings: boolean },
): Promise<StoredChunk[]> {
  const vector = options.embeddings ? ", vector_send(embedding) as vector" : "";
  const { rows } = await sql.query<StoredChunk & { vector?: Buffer }>(
    `select ordinal, start_offset as start, end_offset as end, token_count as tokens, text${vector}
     from ${chunkTable(collection.id, collection.generation.number)} where document_id = $1 order by ordinal`,
    [id],
  );
  return rows.map(({ vector: bytes, ...chunk }) =>
    bytes === undefined ? chunk : { ...chunk, embedding: decodeVector(bytes) },
  );
}

/**
 * Removes documents and their chunks, whatever state they are in: a run in flight finds nothing to write to.
 * Answers how many there were.
 */
export async function deleteDocuments(
  database: Database,
  collection: Collection,
  ids: readonly string[],
): Promise<number> {
  return database.withTransaction(async (sql) => {
    const { rows } = await sql.query<{ id: string }>(
      `with gone as (
         select collection_id, id from polyseme_store.documents where collection_id = $1 and id = any($2::text[]) order by id collate "C" for update
       )
       delete from polyseme_store.documents d using gone where d.collection_id = gone.collection_id and d.id = gone.id returning d.id`,
      // Half of a surrogate pair becomes U+FFFD on the way, and so the id of another document.
      [collection.id, ids.filter(isStorable)],
    );
    const removed = rows.map(({ id }) => id);
    const generations = await sql.query<{ number: number }>(
      "select number from polyseme_store.generations where collection_id = $1",
      [collection.id],
    );
    // A statement of its own, after the rows are locked and gone: it sees the chunks of a run that was just in time.
    for (const { number } of generations.rows)
      await sql.query(`delete from ${chunkTable(collection.id, number)} where document_id = any($1::text[])`, [
        removed,
      ]);
    return removed.length;
  });
}
