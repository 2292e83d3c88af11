import { encodeTexts, type Encoder } from "@polyseme/encoder";
import { meanOf, rowsOf, unit } from "./unit-vectors.ts";
import { similarities } from "./similarities.ts";

/** Written forms of a word that are looked up; one has few. */
const MOST_FORMS = 32;

/**
 * Mean cosine of the word's static vectors over all pairs of uses: 1 when it is written in one way only (as far as the model
 * tells ways apart), whatever it means.
 * @param words as they are written, one a use
 * @returns null when there are no two
 */
export async function staticSimilarity(
  encoder: Encoder,
  words: readonly string[],
  signal: AbortSignal,
): Promise<number | null> {
  const written = [...new Set(words)].slice(0, MOST_FORMS);
  const encoded = await encodeTexts(encoder, written, { wants: { statics: true }, lane: "interactive", signal });
  const { staticDimensions: dimensions } = encoder.info;
  const directions = new Map<string, Float32Array>();
  for (const [i, { tokens, encoded: vectors }] of encoded.entries()) {
    const { statics } = vectors;
    if (statics === undefined) throw new Error("The encoder left out what was asked for");
    const own = [...tokens.special.keys()].filter((token) => tokens.special[token] === 0);
    const mean = meanOf({ values: statics, count: tokens.special.length, width: dimensions }, own);
    directions.set(written[i] ?? "", unit(mean));
  }
  const rows = words.map((word) => directions.get(word)).filter((row) => row !== undefined);
  const [first] = rows;
  if (first === undefined || rows.length < 2) return null;
  // One row of the table is the same as itself, which sums of rounded products would miss by a millionth.
  if ([...directions.values()].every((row) => row.every((value, i) => value === first[i]))) return 1;
  return similarities(rowsOf(rows, dimensions), new Int32Array(rows.length), 1).within;
}
