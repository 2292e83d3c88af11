import type { EncodedQuery, ModelInfo } from "@polyseme/encoder";
import { contributionsOf, type QueryEntry, type QueryUnits } from "./query-units.ts";

/**
 * A query that is compared token by token: each token is a unit, marks and masks too, and none is a word, so that each meets
 * whatever of a chunk is nearest. What others do not see has no part in the embedding.
 * @param tokenText a token as the vocabulary writes it
 */
export function queryTokens(
  text: string,
  { tokens, encoded: { contextual } }: EncodedQuery,
  { tokenDimensions: dimensions, pooling }: Pick<ModelInfo, "tokenDimensions" | "pooling">,
  tokenText: (id: number) => string,
): QueryUnits {
  if (contextual === undefined) throw new Error("The encoder gave no contextual vectors");
  const entries = Array.from(tokens.ids, (id, token): QueryEntry => {
    const start = tokens.starts[token] ?? 0;
    const special = tokens.special[token] === 1;
    const end = special ? start : (tokens.ends[token] ?? start);
    return { text: special ? tokenText(id) : text.slice(start, end), start, end, special, isWord: false };
  });
  const all = Int32Array.from(entries.keys());
  return {
    entries,
    units: [...all],
    vectors: contextual,
    contributions: contributionsOf(contextual, all.subarray(0, tokens.seen), entries.length, { dimensions, pooling }),
    dimensions,
  };
}
