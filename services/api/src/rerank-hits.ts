import { PolysemeError } from "@polyseme/core";
import type { Collection, Hit } from "@polyseme/store";
import { matchHits, type MatchDeps } from "./match-hits.ts";
import { maxSim } from "./match-units.ts";
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
  deps: MatchDeps,
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
  await matchHits(deps, { collection, queries, signal: options.signal }, hits, ({ number, hit }, { similarities }) => {
    ranked.push({ number, hit: { ...hit, score: maxSim(similarities), vectorScore: hit.score } });
  });
  ranked.sort((a, b) => b.hit.score - a.hit.score || a.number - b.number);
  return ranked.slice(0, options.k).map(({ hit }) => hit);
}
