import {
  DEFAULT_INDEX,
  isStorable,
  NO_TOKENS,
  PolysemeError,
  type Chunking,
  type IndexSettings,
  type SparseSettings,
  type TokenSettings,
} from "@polyseme/core";
import type { Database, Sql } from "./database.ts";
import type { SearchMeasure } from "./indexes/search-measure.ts";
import { lockName } from "./name-lock.ts";
import { addTokenColumns, createTokenTable, tokenTable } from "./token-tables.ts";
import { dropUnusedTables, markUnused } from "./unused-tables.ts";

export interface Collection {
  readonly id: number;
  readonly name: string;
  readonly language: string | null;
  readonly generation: Generation;
  readonly index: IndexSettings;
  readonly createdAt: Date;
}

export interface Generation {
  readonly number: number;
  readonly model: string;
  readonly dimensions: number;
  readonly chunking: Chunking;
  readonly tokens: TokenSettings;
  /** Of the forms of words that it keeps. The live one's is its collection's. */
  readonly language: string | null;
  /** Null or left out: its chunks have no sparse vectors. */
  readonly sparse?: SparseSettings | null;
  /** Number of its token table, which it may share with the generation that it was made from. Null or left out: it has none. */
  readonly tokenSet?: number | null;
  /** Null or left out: nothing was measured yet. */
  readonly measure?: SearchMeasure | null;
}

export type NewGeneration = Omit<Generation, "number" | "tokenSet" | "measure">;

export interface NewCollection {
  readonly name: string;
  readonly language: string | null;
  readonly model: string;
  readonly dimensions: number;
  readonly chunking: Chunking;
  /** Left out: none are kept. */
  readonly tokens?: TokenSettings;
  /** Left out: none. */
  readonly sparse?: SparseSettings | null;
  /** Left out: as `DEFAULT_INDEX` has it. */
  readonly index?: Partial<IndexSettings>;
}

/** The table of a generation's chunks; both parts are numbers, so the name is safe in SQL text. */
export function chunkTable(collectionId: number, generation: number): string {
  return `polyseme_store.chunks_${collectionId}_${generation}`;
}

/** A collection's settings of its indexes: what was asked for on top of what holds without. */
export const INDEX_SETTINGS = `'${JSON.stringify(DEFAULT_INDEX)}'::jsonb || c.index_settings`;

/** The sparse model of a generation in an answer; null: none. */
export function sparseJson(alias: string): string {
  return `case when ${alias}.sparse_model is not null
    then json_build_object('model', ${alias}.sparse_model, 'dimensions', ${alias}.sparse_dimensions) end`;
}

const COLUMNS = `c.id, c.name, c.language, c.created_at as "createdAt", ${INDEX_SETTINGS} as "index",
  json_build_object('number', g.number, 'model', g.model, 'dimensions', g.dimensions,
    'measure', g.search_measure, 'tokenSet', g.token_set, 'sparse', ${sparseJson("g")},
    'chunking', g.chunking, 'language', c.language, 'tokens', json_build_object('tokenVectors', g.token_vectors, 'tokenPooling', g.token_pooling,
    'lateChunking', g.late_chunking)) as generation`;
const FROM = `from polyseme_store.collections c
  join polyseme_store.generations g on g.collection_id = c.id and g.number = c.live_generation`;

/** The collection of this name, or the one that an alias of this name stands for; its `name` is its own in either case. */
export async function findCollection(sql: Sql, name: string): Promise<Collection | undefined> {
  // What Postgres cannot hold is not there; asked for, it would be an error of the server.
  if (!isStorable(name)) return undefined;
  const { rows } = await sql.query<Collection>(
    `select ${COLUMNS} ${FROM} where c.id = coalesce(
       (select id from polyseme_store.collections where name = $1),
       (select collection_id from polyseme_store.aliases where name = $1))`,
    [name],
  );
  return rows[0];
}

export async function findCollectionById(sql: Sql, id: number): Promise<Collection | undefined> {
  const { rows } = await sql.query<Collection>(`select ${COLUMNS} ${FROM} where c.id = $1`, [id]);
  return rows[0];
}

export async function listCollections(sql: Sql): Promise<Collection[]> {
  const { rows } = await sql.query<Collection>(`select ${COLUMNS} ${FROM} order by c.name`);
  return rows;
}

/** @throws PolysemeError `not_found` */
export async function getCollection(sql: Sql, name: string): Promise<Collection> {
  const found = await findCollection(sql, name);
  if (found === undefined)
    throw new PolysemeError(
      "not_found",
      `There is no collection "${name}". Push a document to it, or PUT it, to make it.`,
      {
        details: { field: "collection" },
      },
    );
  return found;
}

/**
 * Makes a collection with its first generation, chunk table and view, or finds the one that is there, also by an alias: safe
 * when many processes make the same one at once.
 */
export async function ensureCollection(
  database: Database,
  wanted: NewCollection,
): Promise<{ collection: Collection; created: boolean }> {
  return database.withTransaction(async (sql) => {
    await lockName(sql, wanted.name);
    const existing = await findCollection(sql, wanted.name);
    if (existing !== undefined) return { collection: existing, created: false };
    const { rows } = await sql.query<{ id: number }>(
      `insert into polyseme_store.collections (name, language, index_settings) values ($1, $2, $3)
       on conflict (name) do nothing returning id`,
      [wanted.name, wanted.language, JSON.stringify(wanted.index ?? {})],
    );
    const id = rows[0]?.id;
    if (id !== undefined) {
      const { model, dimensions, chunking, language, tokens = NO_TOKENS, sparse = null } = wanted;
      await makeGeneration(sql, id, 1, { model, dimensions, chunking, language, tokens, sparse });
      await pointViewAt(sql, wanted.name, id, { number: 1, sameColumns: true });
    }
    return { collection: await getCollection(sql, wanted.name), created: id !== undefined };
  });
}

/**
 * Sets the language of a collection that keeps no forms of words, and that of a generation which follows.
 * @throws PolysemeError `conflict` when the one that follows keeps forms, which are those of another language
 */
export async function setLanguage(database: Database, collectionId: number, language: string | null): Promise<void> {
  await database.withTransaction(async (sql) => {
    await sql.query("update polyseme_store.collections set language = $2 where id = $1", [collectionId, language]);
    const { rows } = await sql.query<{ other: boolean }>(
      `with changed as (
         update polyseme_store.generations set language = $2 where collection_id = $1 and token_vectors = 'none'
       )
       select exists (select from polyseme_store.generations
         where collection_id = $1 and token_vectors <> 'none' and language is distinct from $2) as other`,
      [collectionId, language],
    );
    if (rows[0]?.other === true)
      throw new PolysemeError(
        "conflict",
        "The generation that follows keeps token vectors in another language. Cut over to it or end the migration first.",
        { details: { field: "language" } },
      );
  });
}

/** Sets what is named; the rest stays. Whoever keeps the indexes sees to it soon. */
export async function setIndexSettings(sql: Sql, collectionId: number, wanted: Partial<IndexSettings>): Promise<void> {
  await sql.query("update polyseme_store.collections set index_settings = index_settings || $2 where id = $1", [
    collectionId,
    JSON.stringify(wanted),
  ]);
}

/**
 * Removes the collection, its documents, chunks, tickets and view. False when there was none of this name.
 * @throws PolysemeError `conflict` while an alias stands for it: pushes by the alias would make a new collection of it
 */
export async function deleteCollection(database: Database, name: string): Promise<boolean> {
  if (!isStorable(name)) return false;
  const deleted = await database.withTransaction(async (sql) => {
    // The lock waits for pushes and writes in flight, which hold the row's key; later ones find the collection gone.
    const { rows } = await sql.query<{ id: number }>(
      "select id from polyseme_store.collections where name = $1 for update",
      [name],
    );
    const id = rows[0]?.id;
    if (id === undefined) return false;
    const aliases = await sql.query<{ name: string }>(
      "select name from polyseme_store.aliases where collection_id = $1 order by name",
      [id],
    );
    const names = aliases.rows.map((alias) => alias.name);
    if (names.length > 0)
      throw new PolysemeError(
        "conflict",
        `The collection "${name}" has the alias ${names.map((one) => `"${one}"`).join(", ")}. Delete it, or let it stand for another collection, first.`,
        { details: { field: "collection", aliases: names } },
      );
    const generations = await sql.query<{ number: number; set: number | null }>(
      "select number, token_set as set from polyseme_store.generations where collection_id = $1",
      [id],
    );
    await sql.query(`drop view if exists polyseme.${quoteIdentifier(name)}`);
    for (const { number, set } of generations.rows) {
      await markUnused(sql, chunkTable(id, number));
      if (set !== null) await markUnused(sql, tokenTable(id, set));
    }
    await sql.query(
      `delete from polyseme_store.ticket_documents t using polyseme_store.tickets k
       where k.id = t.ticket_id and k.collection_id = $1`,
      [id],
    );
    await sql.query("delete from polyseme_store.followed_documents where collection_id = $1", [id]);
    await sql.query("delete from polyseme_store.documents where collection_id = $1", [id]);
    await sql.query("delete from polyseme_store.collections where id = $1", [id]);
    return true;
  });
  // Searches that remember the collection learn from the missing table that it is gone.
  if (deleted) await dropUnusedTables(database);
  return deleted;
}

/**
 * Makes a generation with the empty table of its chunks, and that of its token vectors where it keeps some.
 * @param sharedSet a token set that is there already, to be shared
 */
export async function makeGeneration(
  sql: Sql,
  collectionId: number,
  number: number,
  wanted: NewGeneration,
  sharedSet: number | null = null,
): Promise<void> {
  const keepsTokens = wanted.tokens.tokenVectors !== "none";
  const tokenSet = keepsTokens ? (sharedSet ?? number) : null;
  await insertGeneration(sql, collectionId, number, { ...wanted, tokenSet });
  await createChunkTable(sql, chunkTable(collectionId, number), wanted.dimensions);
  if (wanted.sparse !== undefined && wanted.sparse !== null)
    await addSparseColumn(sql, chunkTable(collectionId, number), wanted.sparse.dimensions);
  if (keepsTokens) await addTokenColumns(sql, chunkTable(collectionId, number));
  if (tokenSet === number) await createTokenTable(sql, collectionId, number);
}

async function insertGeneration(
  sql: Sql,
  collectionId: number,
  number: number,
  { model, dimensions, chunking, tokens, language, tokenSet, sparse }: Omit<Generation, "number" | "measure">,
): Promise<void> {
  await sql.query(
    `insert into polyseme_store.generations
       (collection_id, number, model, dimensions, chunking, token_vectors, token_pooling, late_chunking, language, token_set,
        sparse_model, sparse_dimensions)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      collectionId,
      number,
      model,
      dimensions,
      JSON.stringify(chunking),
      tokens.tokenVectors,
      tokens.tokenPooling,
      tokens.lateChunking,
      language,
      tokenSet,
      sparse?.model ?? null,
      sparse?.dimensions ?? null,
    ],
  );
}

async function createChunkTable(sql: Sql, table: string, dimensions: number): Promise<void> {
  await sql.query(`create table ${table} (
    document_id text not null,
    ordinal integer not null,
    start_offset integer not null,
    end_offset integer not null,
    token_count integer not null,
    text text not null,
    embedding vector(${dimensions}) not null,
    primary key (document_id, ordinal)
  )`);
  // Beside a long text Postgres would move the vector out of the row, and every scan would fetch it from elsewhere;
  // PLAIN moves the text out instead. A page has 8 kB, so wider vectors must stay movable.
  if (dimensions <= 1_900) await sql.query(`alter table ${table} alter column embedding set storage plain`);
}

async function addSparseColumn(sql: Sql, table: string, dimensions: number): Promise<void> {
  await sql.query(`alter table ${table} add column sparse sparsevec(${dimensions}) not null`);
}

/**
 * (Re)makes the stable view of a collection over one generation.
 * @param generation.sameColumns false: vectors of another width, for which the view must be made anew and loses its grants
 */
export async function pointViewAt(
  sql: Sql,
  name: string,
  collectionId: number,
  generation: { readonly number: number; readonly sameColumns: boolean },
): Promise<void> {
  const view = `polyseme.${quoteIdentifier(name)}`;
  if (!generation.sameColumns) await sql.query(`drop view if exists ${view}`);
  await sql.query(`create or replace view ${view} as
    select c.document_id, c.ordinal, c.start_offset, c.end_offset, c.text, d.metadata, c.embedding
    from ${chunkTable(collectionId, generation.number)} c
    join polyseme_store.documents d on d.collection_id = ${collectionId} and d.id = c.document_id`);
}

/** Postgres' way to write a name that need not be an identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
