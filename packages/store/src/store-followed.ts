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

/**
 * Writes documents to the following generation and takes them off its list, in one statement. Only where they are stored
 * in the live one in that revision, and only while the two have these roles. Answers the ids that were written.
 */
export async function storeFollowed(
  database: Database,
  target: FollowTarget,
  documents: readonly (DocumentRef & { readonly chunks: readonly EmbeddedChunk[] })[],
): Promise<Set<string>> {
  // Old chunks may be there of any number: nothing counts them.
  const sorted = inLockOrder(documents).map((document) => ({ ...document, storedChunks: 1 }));
  const { collectionId, live, follower } = target;
  const params: unknown[] = [...namedParams(collectionId, sorted), collectionId, live, follower];
  const written = await chunkParts(database, chunkTable(collectionId, follower), sorted, params);
  const { rows } = await database.query<{ id: string }>(
    `with roles as (
       select c.id from ${writersGate("$4")}, polyseme_store.collections c
       where c.id = $4 and c.live_generation = $5 and c.following_generation = $6 for share of c
     ), ready as (
       select d.id, d.revision from roles, ${NAMED}, polyseme_store.documents d
       where d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision
         and d.state = 'stored' and d.stored_revision = d.revision
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
