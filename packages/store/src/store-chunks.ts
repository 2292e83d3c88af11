import type { Database, Sql } from "./database.ts";
import { chunkTable } from "./collections.ts";
import { writersGate } from "./generation-lock.ts";
import { inLockOrder, namedParams } from "./named-documents.ts";
import { dropSources, tokenTable } from "./token-tables.ts";
import { chunkParts, type EmbeddedDocument } from "./write-chunks.ts";

export interface WrittenDocuments {
  /** Ids of those that were stored; the others were replaced or deleted meanwhile. */
  readonly stored: ReadonlySet<string>;
  /** The generation is not the live one any more, so that nothing was written. */
  readonly moved: boolean;
}

/** The generation that a write is made for. */
export interface WriteTarget {
  readonly collectionId: number;
  readonly generation: number;
  /** Of generations that keep token vectors. */
  readonly tokenSet?: number | null;
  /** Of generations with a sparse model: tokens of its vocabulary. */
  readonly sparseDimensions?: number | undefined;
}

/**
 * Writes whole documents: their chunks and the state `stored`, in one statement and so in one transaction.
 * Guarded by revision: what was replaced or deleted meanwhile is left out, so an older run never overwrites a newer
 * one and a deleted document never comes back. Guarded by generation too: the shared lock of the collection's row holds
 * a cutover back until this is committed. Where another generation follows, the documents are listed for it.
 *
 * Token vectors of earlier writes go, unless the generation that follows names them: then they go when it was brought here.
 */
export async function storeChunks(
  database: Sql & Pick<Database, "vectorOid" | "sparseOid">,
  target: WriteTarget,
  documents: readonly EmbeddedDocument[],
): Promise<WrittenDocuments> {
  const sorted = inLockOrder(documents);
  const params: unknown[] = [
    ...namedParams(target.collectionId, sorted),
    sorted.map((document) => document.chunks.length),
    sorted.map((document) => document.chunks.reduce((sum, { tokens }) => sum + tokens, 0)),
    target.collectionId,
    target.generation,
  ];
  const { collectionId, generation, tokenSet = null, sparseDimensions } = target;
  const tokens = tokenSet === null ? undefined : tokenTable(collectionId, tokenSet);
  const tables = { chunks: chunkTable(collectionId, generation), tokens, sparseDimensions };
  const parts = [await chunkParts(database, tables, sorted, params)];
  const replaced = sorted.filter(({ storedChunks }) => storedChunks > 0);
  if (tokens !== undefined && replaced.length > 0) {
    const given = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
    // A generation that began to follow while this waited is not seen yet: it may be one that shares them.
    const nobodyFollows = `(select following_generation is null
           or coalesce((select f.token_set is distinct from ${given(tokenSet, "int")} from polyseme_store.generations f
             where f.collection_id = live.id and f.number = live.following_generation), false) from live)`;
    parts.push(dropSources(tokens, { ids: replaced.map(({ id }) => id) }, nobodyFollows, given));
  }
  const { rows } = await database.query<{ live: boolean; stored: string[] | null }>(
    `with live as (
       select c.id, c.following_generation from ${writersGate("$6")}, polyseme_store.collections c
       where c.id = $6 and c.live_generation = $7 for share of c
     ), ready as (
       update polyseme_store.documents d
       set state = 'stored', stored_revision = d.revision, stored_at = now(), error_code = null, error_message = null,
         deaths = 0, failed_at = null, chunk_count = s.chunks, token_count = s.tokens
       from live, unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::int[]) as s(collection_id, id, revision, chunks, tokens)
       where d.collection_id = s.collection_id and d.id = s.id and d.revision = s.revision and d.stored_revision < d.revision
       returning d.id, d.revision
     ), listed as (
       insert into polyseme_store.followed_documents (collection_id, id, revision)
       select live.id, r.id, r.revision from ready r, live where live.following_generation is not null order by r.id collate "C"
       on conflict (collection_id, id) do update set revision = excluded.revision, attempts = 0, next_attempt_at = now(),
         failed_at = null, error_code = null, error_message = null
     ), ${parts.join(", ")}
     select exists (select from live) as live, (select json_agg(id) from ready) as stored`,
    params,
  );
  const row = rows[0];
  return { stored: new Set(row?.stored ?? []), moved: row?.live !== true };
}
