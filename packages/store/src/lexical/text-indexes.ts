import { chunkTable, type Collection } from "../collections.ts";
import { indexName, type IndexSpec } from "../indexes/index-spec.ts";
import { textConfig, wordEntries } from "./text-config.ts";

export interface TextFacts {
  /** Chunks of the live generation; an estimate will do. */
  readonly chunks: number;
  /** Whether the collection was ever searched by words. */
  readonly searchedByWords: boolean;
}

/** Without an index each search makes the words of all chunks, some 0.2 ms a chunk. */
const LEAST_CHUNKS = 200;

/** The index of words that a collection is to have: none, or the one of its language. */
export function textIndexes(collection: Collection, facts: TextFacts): IndexSpec[] {
  const { text } = collection.index;
  const pays = facts.searchedByWords && facts.chunks >= LEAST_CHUNKS;
  return text === "gin" || (text === "auto" && pays) ? [textIndex(collection)] : [];
}

/** It holds the words of the collection's language: with another language it is another one. */
export function textIndex({ id, language, generation }: Collection): IndexSpec {
  const config = textConfig(language);
  return {
    name: indexName("text", id, `${generation.number}_${config.name}`),
    kind: "text",
    on: chunkTable(id, generation.number),
    // Entries wait unsorted up to the limit and every search reads them: 1 MB is read in a millisecond or two.
    using: `using gin ((${wordEntries(config, "text")})) with (gin_pending_list_limit = 1024)`,
  };
}
