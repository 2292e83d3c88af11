import type { Following } from "./collection-migrations.ts";
import type { Generation } from "./collections.ts";

/**
 * reembed  the encoder reads every document again
 * rechunk  chunks are made from the token vectors that the live generation keeps
 */
export type FollowMethod = "reembed" | "rechunk";

/** How documents come into the generation that follows. */
export function followMethod({ collection, follower }: Pick<Following, "collection" | "follower">): FollowMethod {
  return canRechunk(collection.generation, follower) ? "rechunk" : "reembed";
}

type Settings = Pick<Generation, "model" | "tokens" | "sparse">;

/**
 * Whether a generation's chunks can be made from the token vectors of another, without the encoder: late chunks are means
 * of vectors that do not depend on where the text was cut. Sparse vectors do: the sparse model reads each chunk.
 */
export function canRechunk(source: Settings, wanted: Settings): boolean {
  const { tokens } = source;
  return (
    source.model === wanted.model &&
    (wanted.sparse ?? null) === null &&
    tokens.lateChunking &&
    wanted.tokens.lateChunking &&
    tokens.tokenVectors !== "none" &&
    (wanted.tokens.tokenVectors === "none" ||
      (wanted.tokens.tokenVectors === tokens.tokenVectors && wanted.tokens.tokenPooling === tokens.tokenPooling))
  );
}

/**
 * Whether a generation that is made from another can name that one's token vectors and need not copy them. Where words share
 * vectors, those of a chunk lie scattered, so that there would be a name for nearly each of them.
 */
export function sharesTokens(source: Settings, wanted: Settings): boolean {
  return canRechunk(source, wanted) && wanted.tokens.tokenVectors !== "none" && wanted.tokens.tokenPooling === 1;
}
