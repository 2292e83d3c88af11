import { PolysemeError } from "@polyseme/core";
import type { RowProducts } from "@polyseme/encoder";
import type { Collection, Hit } from "@polyseme/store";
import type { ChunkTokens } from "./chunk-tokens.ts";
import { matchUnits, maxSim, wordRows } from "./match-units.ts";
import { rankedUnits, unitQueries, type QueryUnits } from "./query-units.ts";

export interface RankedHit extends Hit {
  /** What the hit was found by; there where `score` is another one. */
  readonly vectorScore?: number;
}

/**
 * The hits by MaxSim: the mean, over the query's words, of the cosine with the word of the chunk that is nearest. A hit
 * whose chunk was written anew in the meantime is left out.
 * @param hits nearest first; equal ones stay in that order
 * @throws PolysemeError `invalid` when the query has nothing to compare
 */
export async function rerankHits(
  deps: { readonly chunkTokens: ChunkTokens; readonly products: RowProducts },
  collection: Collection,
  query: QueryUnits,
  hits: readonly Hit[],
  options: { k: number; signal: AbortSignal },
): Promise<RankedHit[]> {
  const units = rankedUnits(query);
  if (units.length === 0)
    throw new PolysemeError("invalid", "The query has no words that could be compared. Leave rerank out.", {
      details: { field: "query" },
    });
  const queries = unitQueries(query, units);
  const ranked: { readonly number: number; readonly hit: RankedHit }[] = [];
  await deps.chunkTokens.forEach(collection, hits, options.signal, async (some) => {
    const chunks = some.map(({ hit, packed }) => ({
      packed,
      isWordRow: wordRows(packed, hit.chunk.text, hit.chunk.start),
    }));
    const matches = await matchUnits(deps.products, queries, chunks);
    for (const [i, { number, hit }] of some.entries()) {
      const found = matches[i];
      if (found !== undefined)
        ranked.push({ number, hit: { ...hit, score: maxSim(found.similarities), vectorScore: hit.score } });
    }
  });
  ranked.sort((a, b) => b.hit.score - a.hit.score || a.number - b.number);
  return ranked.slice(0, options.k).map(({ hit }) => hit);
}
