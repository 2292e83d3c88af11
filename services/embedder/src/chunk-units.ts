import { packTokens, type TokenSettings, type TokenUnits } from "@polyseme/core";
import {
  poolUnits,
  tokenUnits,
  unitVectors,
  wordNumbers,
  wordUnits,
  type ComparedTokens,
  type Tokens,
} from "@polyseme/encoder";
import type { ChunkUnits } from "@polyseme/store";
import { isWord, makeFormOf } from "@polyseme/words";

/**
 * What a chunk's token vectors are stored as: a unit is a word, or a token where those are compared.
 * @param chunk with offsets in its document
 * @param contextual [tokens, dimensions] of exactly its text
 */
export function packChunk(
  chunk: { readonly start: number; readonly text: string },
  tokens: Pick<Tokens, "ids" | "starts" | "ends" | "special">,
  contextual: Float32Array,
  options: {
    settings: TokenSettings;
    dimensions: number;
    language: string | null;
    compared?: ComparedTokens | undefined;
  },
): ChunkUnits | undefined {
  const { settings, dimensions, language, compared } = options;
  if (settings.tokenVectors === "none") return undefined;
  const written = wordUnits(chunk.text, tokens);
  const units = compared === undefined ? written : tokenUnits(tokens, compared);
  const own = unitVectors(units, contextual, dimensions);
  const words = wordNumbers(chunk.text, units);
  const { rows, vectors } = poolUnits({ pieces: units.pieces, words }, own, dimensions, settings.tokenPooling);
  const packed = packTokens({ ...units, rows }, vectors, { precision: settings.tokenVectors, dimensions, origin: 0 });
  return { packed, forms: formsOf(chunk.text, written, makeFormOf(language)) };
}

/**
 * The forms of the words among the units, each once. All of a word's must be in a chunk that holds it: NFKC makes a few
 * signs into two words with a space between, which are kept as two.
 * @param text what the units' offsets count in
 * @param formOf gives a word's form; see `makeFormOf`
 */
export function formsOf(
  text: string,
  units: Pick<TokenUnits, "starts" | "ends">,
  formOf: (word: string) => string,
): string[] {
  const forms = new Set<string>();
  for (let i = 0; i < units.starts.length; i += 1) {
    const word = text.slice(units.starts[i], units.ends[i]);
    // Kept as one text with spaces between, in which a word with a space would be two.
    if (isWord(word)) for (const form of formOf(word).split(/\s+/)) forms.add(form);
  }
  forms.delete("");
  return [...forms];
}
