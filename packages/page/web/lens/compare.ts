import type { InspectAnswer, InspectToken } from "@polyseme/client";
import { cosineMatrix } from "./similarity.ts";

/** A token of one of the sentences. */
export interface LensToken extends InspectToken {
  /** 0 or 1. */
  readonly sentence: number;
}

/** Every token of all sentences with every other. */
export interface Comparison {
  readonly tokens: readonly LensToken[];
  readonly static: readonly (readonly number[])[];
  readonly contextual: readonly (readonly number[])[];
  /** Tokens of the sentences that found no place in the maps. */
  readonly left: number;
  readonly shared: readonly SharedToken[];
}

/** A token that stands in two sentences. */
export interface SharedToken {
  readonly text: string;
  /** Its places in the maps. */
  readonly row: number;
  readonly column: number;
  readonly static: number;
  readonly contextual: number;
}

/** Tokens of a sentence in the maps: two such sentences make 9,216 cells a map. */
const MOST_TOKENS = 48;

export function compareSentences(sentences: readonly InspectAnswer[]): Comparison {
  const shown = sentences.map((sentence) => Math.min(sentence.tokens.length, MOST_TOKENS));
  const tokens = sentences.flatMap((sentence, i) =>
    sentence.tokens.slice(0, shown[i]).map((token) => ({ ...token, sentence: i })),
  );
  const similarities = {
    static: cosineMatrix(sentences.flatMap((sentence, i) => sentence.static.slice(0, shown[i]))),
    contextual: cosineMatrix(sentences.flatMap((sentence, i) => sentence.contextual.slice(0, shown[i]))),
  };
  const all = sentences.reduce((sum, sentence) => sum + sentence.tokens.length, 0);
  return { tokens, ...similarities, left: all - tokens.length, shared: sharedTokens(tokens, similarities) };
}

/** The first place in each sentence of every word that stands in two of them; the longest word first. */
function sharedTokens(
  tokens: readonly LensToken[],
  similarities: Pick<Comparison, "static" | "contextual">,
): SharedToken[] {
  const shared = new Map<number, SharedToken>();
  tokens.forEach((first, row) => {
    if (first.special || !/\p{L}|\p{N}/u.test(first.text) || shared.has(first.id)) return;
    const column = tokens.findIndex(({ id, sentence }) => id === first.id && sentence > first.sentence);
    if (column < 0) return;
    shared.set(first.id, {
      text: first.text,
      row,
      column,
      static: similarities.static[row]?.[column] ?? 0,
      contextual: similarities.contextual[row]?.[column] ?? 0,
    });
  });
  return [...shared.values()].sort((a, b) => b.text.length - a.text.length);
}
