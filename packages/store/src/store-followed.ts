import { chunkTable } from "./collections.ts";
import type { Database } from "./database.ts";
import { writersGate } from "./generation-lock.ts";
import { inLockOrder, NAMED, namedParams, type DocumentRef } from "./named-documents.ts";
import { chunkParts, type EmbeddedChunk } from "./write-chunks.ts";

export interface FollowTarget {
  readonly collectionId: number;
  readonly live: number;
  readonly follower: number;
}

/** Chunks of a document in the live generation, as they were read. */
export interface ReadChunks {
  /** Of all of them; another once they were written again. */
  readonly version: string;
  readonly count: number;
}

export interface FollowedChunks extends DocumentRef {
  readonly chunks: readonly EmbeddedChunk[];
  /** Whose rows the chunks name: they are written only while those are what was read. Of all documents of a write, or of none. */
  readonly read?: ReadChunks;
}

/**
 * Writes documents to the following generation and takes them off its list, in one statement. Only where they are stored
 * in the live one in that revision, and only while the two have these roles. Answers the ids that were written.
 * @param rowBytes of a token vector's values in the live generation, where chunks name rows
 */
export async function storeFollowed(
  database: Database,
  target: FollowTarget,
  documents: readonly FollowedChunks[],
  rowBytes = 0,
): Promise<Set<string>> {
  // Old chunks may be there of any number: nothing counts them.
  const sorted = inLockOrder(documents).map((document) => ({ ...document, storedChunks: 1 }));
  const { collectionId, live, follower } = target;
  const params: unknown[] = [...namedParams(collectionId, sorted), collectionId, live, follower];
  const table = chunkTable(collectionId, live);
  const unchanged = whileUnchanged(table, sorted, params);
  const written = await chunkParts(database, chunkTable(collectionId, follower), sorted, params, { table, rowBytes });
  const { rows } = await database.query<{ id: string }>(
    `with roles as (
       select c.id from ${writersGate("$4")}, polyseme_store.collections c
       where c.id = $4 and c.live_generation = $5 and c.following_generation = $6 for share of c
     ), ready as (
       select d.id, d.revision from roles, ${NAMED}, polyseme_store.documents d
       where d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision
         and d.state = 'stored' and d.stored_revision = d.revision ${unchanged}
       order by d.id collate "C" for no key update of d
     ), unlisted as (
       delete from polyseme_store.followed_documents q using ready r, roles
       where q.collection_id = roles.id and q.id = r.id and q.revision <= r.revision
     ), ${written}
     select id from ready`,
    params,
  );
  return new Set(rows.map(({ id }) => id));
}

/** A condition on `d`: the chunks that are to be read are those that were read before. They are all of one transaction. */
function whileUnchanged(table: string, documents: readonly FollowedChunks[], params: unknown[]): string {
  const read = documents.flatMap((document) =>
    document.read === undefined ? [] : [{ ...document.read, id: document.id }],
  );
  if (read.length === 0) return "";
  if (read.length < documents.length) throw new Error("Chunks that name rows and others cannot be one write");
  const given = (values: readonly (string | number)[], type: string): string => `$${params.push(values)}::${type}`;
  const ids = given(
    read.map(({ id }) => id),
    "text[]",
  );
  const versions = given(
    read.map(({ version }) => version),
    "text[]",
  );
  const counts = given(
    read.map(({ count }) => count),
    "int[]",
  );
  return `and (
           select v.count = (select count(*) from ${table} c where c.document_id = v.id and c.xmin::text = v.version)
           from unnest(${ids}, ${versions}, ${counts}) as v(id, version, count) where v.id = d.id
         )`;
}
