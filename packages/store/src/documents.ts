import { isStorable, PolysemeError, type Filter, type Section } from "@polyseme/core";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database, Rows, Sql } from "./database.ts";
import { filterCondition, givenInto } from "./filter-condition.ts";
import { packedOf, rowBytes, tokenTable, tokenTableOf } from "./token-tables.ts";
import { decodeVector } from "./vector-wire.ts";

export type DocumentState = "queued" | "embedding" | "stored" | "failed";

export interface StoredDocument {
  readonly id: string;
  readonly version: number;
  readonly state: DocumentState;
  readonly attempts: number;
  readonly title: string | null;
  readonly text: string;
  readonly sections: readonly Section[] | null;
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
  /** As `packTokens` packed them with the chunk's start as origin. */
  readonly packed?: Buffer;
}

export interface ChunkSelection {
  readonly embeddings: boolean;
  /** With token vectors, unless the chunks together have more tokens than this; for collections that keep them. */
  readonly mostTokens?: number | undefined;
  /** This one alone; undefined: all. */
  readonly ordinal?: number | undefined;
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
    `select id, version, state, attempts, title, text, sections, metadata, error_code as "errorCode",
       error_message as "errorMessage", stored_at as "storedAt"
     from polyseme_store.documents where collection_id = $1 and id = $2`,
    [collection.id, id],
  );
}

/** A document's chunks in their order, with embeddings and token vectors only when asked for. */
export async function getChunks(
  sql: Sql,
  collection: Collection,
  id: string,
  { embeddings, mostTokens, ordinal }: ChunkSelection,
): Promise<StoredChunk[]> {
  const vector = embeddings ? ", vector_send(embedding) as vector" : "";
  // In the one statement, as the document may be replaced between two.
  const withTokens = mostTokens !== undefined;
  const packed = withTokens ? packedOf("c", tokenTableOf(collection), rowBytes(collection)) : "";
  const { rows } = await sql.query<Omit<StoredChunk, "packed"> & { vector?: Buffer; packed?: Buffer | null }>(
    `select c.ordinal, c.start, c.end, c.tokens, c.text${embeddings ? ", c.vector" : ""}${withTokens ? ", p.packed" : ""}
     from (
       select document_id, ordinal, start_offset as start, end_offset as end, token_count as tokens, text${vector}
         -- Without a source there is nothing to read.
         ${withTokens ? ", case when sum(token_count) over () <= $3 then token_source end as token_source, token_slices, token_units" : ""}
       from ${chunkTable(collection.id, collection.generation.number)}
       where document_id = $1 and ($2::int is null or ordinal = $2) offset 0
     ) c ${packed}
     order by c.ordinal`,
    [id, ordinal ?? null, ...(withTokens ? [mostTokens] : [])],
  );
  return rows.map(({ vector: bytes, packed: units, ...chunk }) => ({
    ...chunk,
    ...(bytes === undefined ? {} : { embedding: decodeVector(bytes) }),
    ...(units === undefined || units === null ? {} : { packed: units }),
  }));
}

/**
 * Removes documents and their chunks, whatever state they are in: a run in flight finds nothing to write to.
 * Answers how many there were.
 * @param filter only those of them whose metadata match
 */
export async function deleteDocuments(
  database: Database,
  collection: Collection,
  ids: readonly string[],
  filter?: Filter,
): Promise<number> {
  // Half of a surrogate pair becomes U+FFFD on the way, and so the id of another document.
  const params: unknown[] = [collection.id, ids.filter(isStorable)];
  const given = givenInto(params);
  const matches = filter === undefined ? "" : `and ${filterCondition(filter, "d.metadata", given)}`;
  return database.withTransaction(async (sql) => {
    // No generation comes or goes meanwhile.
    await sql.query("select from polyseme_store.collections where id = $1 for share", [collection.id]);
    const { rows } = await sql.query<{ id: string }>(
      `with gone as (
         select d.collection_id, d.id from polyseme_store.documents d
         where d.collection_id = $1 and d.id = any($2::text[]) ${matches} order by d.id collate "C" for update
       )
       delete from polyseme_store.documents d using gone where d.collection_id = gone.collection_id and d.id = gone.id returning d.id`,
      params,
    );
    const removed = rows.map(({ id }) => id);
    const generations = await sql.query<{ number: number; set: number | null }>(
      "select number, token_set as set from polyseme_store.generations where collection_id = $1",
      [collection.id],
    );
    const tables = generations.rows.flatMap(({ number, set }) => [
      chunkTable(collection.id, number),
      ...(set === null ? [] : [tokenTable(collection.id, set)]),
    ]);
    // A statement of its own, after the rows are locked and gone: it sees the chunks of a run that was just in time.
    for (const table of new Set(tables)) {
      // Looked up document by document (offset 0): for a list of ids the planner may read the whole table.
      await sql.query(
        `delete from ${table} where ctid = any (array(
           select old.at from unnest($1::text[]) as n(id)
           cross join lateral (select o.ctid as at from ${table} o where o.document_id = n.id offset 0) old))`,
        [removed],
      );
    }
    await sql.query(
      `delete from polyseme_store.followed_documents q using unnest($1::int[], $2::text[]) as w(collection_id, id)
       where q.collection_id = w.collection_id and q.id = w.id`,
      [removed.map(() => collection.id), removed],
    );
    return removed.length;
  });
}
