import { PolysemeError } from "@polyseme/core";
import { encodeTexts, unitVectors, wordUnits, type Encoder } from "@polyseme/encoder";
import { directionOf } from "./unit-vectors.ts";

export interface WordVectors {
  /** Length 1, of the word in its text. */
  readonly word: Float32Array;
  /** Length 1, of the whole text. */
  readonly text: Float32Array;
}

/**
 * The contextual vector of a word in its text, made as the stored ones are.
 * @param place offsets in the text, on the borders of words
 * @throws PolysemeError `invalid` when the word is behind what the model sees of the text; as the encoder does
 */
export async function encodeWord(
  encoder: Encoder,
  text: string,
  place: { readonly start: number; readonly end: number },
  { signal, trace }: { signal: AbortSignal; trace?: string | undefined },
): Promise<WordVectors> {
  const wants = { embedding: true, contextual: true };
  const [result] = await encodeTexts(encoder, [text], { wants, lane: "interactive", signal, trace });
  const { embedding, contextual } = result?.encoded ?? {};
  if (result === undefined || embedding === undefined || contextual === undefined)
    throw new Error("The encoder left out what was asked for");
  const { tokenDimensions: dimensions } = encoder.info;
  const units = wordUnits(text, result.tokens);
  const inside = [...units.starts.keys()].filter(
    (i) => (units.starts[i] ?? 0) < place.end && (units.ends[i] ?? 0) > place.start,
  );
  if (inside.length === 0)
    throw new PolysemeError(
      "invalid",
      `The model sees the first ${encoder.info.maxTokens} tokens of a text, and the word stands behind them. Give its sentence alone.`,
      { details: { field: "sense.text" } },
    );
  const vectors = unitVectors(units, contextual, dimensions);
  const word = directionOf(
    inside.map((i) => vectors.subarray(i * dimensions, (i + 1) * dimensions)),
    inside.map((i) => units.pieces[i] ?? 1),
  );
  return { word, text: embedding };
}
