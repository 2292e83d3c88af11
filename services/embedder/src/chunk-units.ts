import { packTokens, type TokenSettings } from "@polyseme/core";
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
import { formsOfUnits } from "./word-forms.ts";

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
    formsOf: (word: string) => readonly string[];
    compared?: ComparedTokens | undefined;
  },
): ChunkUnits | undefined {
  const { settings, dimensions, formsOf, compared } = options;
  if (settings.tokenVectors === "none") return undefined;
  const written = wordUnits(chunk.text, tokens);
  const units = compared === undefined ? written : tokenUnits(tokens, compared);
  const own = unitVectors(units, contextual, dimensions);
  const words = wordNumbers(chunk.text, units);
  const { rows, vectors } = poolUnits({ pieces: units.pieces, words }, own, dimensions, settings.tokenPooling);
  const packed = packTokens({ ...units, rows }, vectors, { precision: settings.tokenVectors, dimensions, origin: 0 });
  return { packed, forms: formsOfUnits(chunk.text, written, formsOf) };
}
