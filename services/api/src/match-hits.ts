import type { RowProducts } from "@polyseme/encoder";
import type { Collection, Hit } from "@polyseme/store";
import type { ChunkTokens, HitTokens } from "./chunk-tokens.ts";
import { matchUnits, wordRows, type UnitMatches } from "./match-units.ts";
import type { UnitQueries } from "./query-units.ts";

export interface MatchDeps {
  readonly chunkTokens: ChunkTokens;
  readonly products: RowProducts;
}

/**
 * Compares the query's units with the tokens of each hit's chunk. A hit whose chunk was written anew since it was found is
 * left out.
 * @param use called once a hit, in any order
 * @throws the signal's reason when it is aborted
 */
export function matchHits(
  { chunkTokens, products }: MatchDeps,
  { collection, queries, signal }: { collection: Collection; queries: UnitQueries; signal: AbortSignal },
  hits: readonly Hit[],
  use: (tokens: HitTokens, matches: UnitMatches) => void,
): Promise<void> {
  return chunkTokens.forEach(collection, hits, signal, async (some) => {
    const chunks = some.map(({ hit: { chunk }, packed }) => ({
      packed,
      isWordRow: wordRows(packed, chunk.text, chunk.start),
    }));
    const matches = await matchUnits(products, queries, chunks);
    for (const [i, tokens] of some.entries()) {
      const found = matches[i];
      if (found !== undefined) use(tokens, found);
    }
  });
}
