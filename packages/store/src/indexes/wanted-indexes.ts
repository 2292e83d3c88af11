import type { Collection } from "../collections.ts";
import { metadataIndexes } from "../metadata-indexes.ts";
import { textIndexes } from "../lexical/text-indexes.ts";
import { wantsGraph, type GraphFacts, type GraphPolicy } from "./graph-policy.ts";
import type { IndexSpec } from "./index-spec.ts";
import { vectorIndex } from "./vector-index.ts";

/** What is known of one generation of a collection. */
export interface IndexFacts extends GraphFacts {
  /** Searches are answered from it; the other one follows it. */
  readonly live: boolean;
  /** Whether the collection was ever searched by words. */
  readonly searchedByWords?: boolean;
}

/** The indexes that are to be there for a collection in the generation that it is given with. */
export function wantedIndexes(collection: Collection, facts: IndexFacts, policy?: GraphPolicy): IndexSpec[] {
  const { chunks, searchedByWords = false } = facts;
  return [
    ...vectorIndexes(collection, facts, policy),
    ...metadataIndexes(collection),
    ...textIndexes(collection, { chunks, searchedByWords }),
  ];
}

function vectorIndexes(collection: Collection, facts: IndexFacts, policy?: GraphPolicy): IndexSpec[] {
  const { index, generation } = collection;
  return wantsGraph(index, generation.dimensions, facts, policy) ? [vectorIndex(collection, index.precision)] : [];
}
