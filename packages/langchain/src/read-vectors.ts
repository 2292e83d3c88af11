import { PolysemeRequestError, type Polyseme, type SearchHit } from "@polyseme/client";
import type { Candidate } from "./choose-diverse.ts";

export interface FoundVector extends Candidate {
  readonly hit: SearchHit;
}

/** Requests at a time. */
const AT_ONCE = 8;
const NOT_FOUND = 404;

/** The stored vectors of hits; a hit whose document has gone or changed meanwhile is left out. */
export async function readVectors(
  client: Polyseme,
  collection: string,
  hits: readonly SearchHit[],
): Promise<FoundVector[]> {
  const found: (FoundVector | undefined)[] = hits.map(() => undefined);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < hits.length; index = next++) {
      const hit = hits[index];
      if (hit !== undefined) found[index] = await readVector(client, collection, hit);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, hits.length) }, work));
  return found.filter((one) => one !== undefined);
}

async function readVector(client: Polyseme, collection: string, hit: SearchHit): Promise<FoundVector | undefined> {
  const { ordinal } = hit.chunk;
  try {
    const { chunks } = await client.documents.get(collection, hit.id, { include: ["embeddings"], chunk: ordinal });
    const vector = chunks?.find((chunk) => chunk.ordinal === ordinal)?.embedding;
    return vector === undefined ? undefined : { hit, score: hit.score, vector };
  } catch (error) {
    if (error instanceof PolysemeRequestError && error.status === NOT_FOUND) return undefined;
    throw error;
  }
}
