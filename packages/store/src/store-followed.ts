import { chunkTable } from "./collections.ts";
import type { Following } from "./collection-migrations.ts";
import type { Database } from "./database.ts";
import { writersGate } from "./generation-lock.ts";
import { inLockOrder, NAMED, namedParams, type DocumentRef } from "./named-documents.ts";
import { dropSources, tokenTable } from "./token-tables.ts";
import { chunkParts, type EmbeddedChunk } from "./write-chunks.ts";

export interface FollowTarget {
  readonly collectionId: number;
  readonly live: number;
  readonly follower: number;
  /** Of a follower that keeps token vectors. */
  readonly tokenSet?: number | null;
  /** The live generation keeps its token vectors in the same set. */
  readonly sharesTokens?: boolean;
  /** Of a follower with a sparse model: tokens of its vocabulary. */
  readonly sparseDimensions?: number | undefined;
}

export function followTarget({ collection: { id, generation }, follower }: Following): FollowTarget {
  const { tokenSet = null } = follower;
  const sharesTokens = tokenSet !== null && generation.tokenSet === tokenSet;
  return {
    collectionId: id,
    live: generation.number,
    follower: follower.number,
    tokenSet,
    sharesTokens,
    sparseDimensions: follower.sparse?.dimensions,
  };
}

/** Token vectors of a document in the live generation, as they were read. */
export interface ReadTokens {
  readonly source: number;
  /** When the live generation got the document. Null: not known. */
  readonly storedAt: string | null;
}

export interface FollowedChunks extends DocumentRef {
  readonly chunks: readonly EmbeddedChunk[];
  /** Where the chunks name rows of it: they are written only while it is what was read. Of all documents of a write, or of none. */
  readonly read?: ReadTokens;
}

/**
 * Writes documents to the following generation and takes them off its list, in one statement. Only where they are stored
 * in the live one in that revision, and only while the two have these roles. Answers the ids that were written.
 *
 * Token vectors that neither of the two names any more go.
 */
export async function storeFollowed(
  database: Database,
  target: FollowTarget,
  documents: readonly FollowedChunks[],
): Promise<Set<string>> {
  const { collectionId, live, follower, tokenSet = null, sparseDimensions } = target;
  // Old chunks may be there of any number: nothing counts them.
  const sorted = inLockOrder(documents).map((document) => ({
    ...document,
    storedChunks: 1,
    ...(document.read === undefined ? {} : { tokenSource: document.read.source }),
  }));
  const params: unknown[] = [...namedParams(collectionId, sorted), collectionId, live, follower];
  const given = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const unchanged = whileUnchanged(sorted, given);
  const tokens = tokenSet === null ? undefined : tokenTable(collectionId, tokenSet);
  const tables = { chunks: chunkTable(collectionId, follower), tokens, sparseDimensions };
  const parts = [await chunkParts(database, tables, sorted, params)];
  if (tokens !== undefined) {
    const ids = sorted.map(({ id }) => id);
    const kept = sorted.flatMap(({ tokenSource }) => tokenSource ?? []);
    // Chunks that bring their own beside those of the live generation do not know what that one names.
    if (kept.length === ids.length) parts.push(dropSources(tokens, { ids, kept }, "true", given));
    else if (target.sharesTokens !== true) parts.push(dropSources(tokens, { ids }, "true", given));
  }
  const { rows } = await database.query<{ id: string }>(
    `with roles as (
       select c.id from ${writersGate("$4")}, polyseme_store.collections c
       where c.id = $4 and c.live_generation = $5 and c.following_generation = $6 for share of c
     ), ready as (
       select d.id, d.revision from roles, ${NAMED} ${unchanged.join}, polyseme_store.documents d
       where d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision
         and d.state = 'stored' and d.stored_revision = d.revision ${unchanged.condition}
       order by d.id collate "C" for no key update of d
     ), unlisted as (
       delete from polyseme_store.followed_documents q using ready r, roles
       where q.collection_id = roles.id and q.id = r.id and q.revision <= r.revision
     ), ${parts.join(", ")}
     select id from ready`,
    params,
  );
  return new Set(rows.map(({ id }) => id));
}

/** What holds `d` to this: what the chunks name rows of is what the live generation names too. */
function whileUnchanged(
  documents: readonly FollowedChunks[],
  given: (value: unknown, type: string) => string,
): { readonly join: string; readonly condition: string } {
  const read = documents.flatMap(({ id, read: own }) => (own === undefined ? [] : [{ id, storedAt: own.storedAt }]));
  if (read.length === 0) return { join: "", condition: "" };
  if (read.length < documents.length) throw new Error("Chunks that name rows and others cannot be one write");
  const ids = given(
    read.map(({ id }) => id),
    "text[]",
  );
  const times = given(
    read.map(({ storedAt }) => storedAt),
    "timestamptz[]",
  );
  return {
    join: `join unnest(${ids}, ${times}) as r(id, stored_at) on r.id = w.id`,
    condition: "and d.stored_at is not distinct from r.stored_at",
  };
}
