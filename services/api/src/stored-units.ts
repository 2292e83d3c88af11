import { PolysemeError, tokenVectors, unpackTokens } from "@polyseme/core";
import type { StoredChunk } from "@polyseme/store";
import { Type, type Static } from "typebox";

export const UnitSchema = Type.Object({
  text: Type.String(),
  start: Type.Integer({ description: "UTF-16 offset into the document's text" }),
  end: Type.Integer(),
  pieces: Type.Integer({ description: "tokens of the model in it" }),
  vector: Type.Array(Type.Number(), { description: "contextual, not normalised, as far as its storage is exact" }),
});

/** Written as numbers a vector takes some 8 kB, and an answer lies in memory as a whole. */
export const MOST_TOKENS_ANSWERED = 8_192;

/**
 * The words of a chunk with their vectors; words that share one have it each.
 * @throws PolysemeError `too_large` when its document has too many for one answer
 */
export function unitsOf({ start: origin, text, packed }: StoredChunk): Static<typeof UnitSchema>[] {
  if (packed === undefined)
    throw new PolysemeError(
      "too_large",
      `More than ${MOST_TOKENS_ANSWERED} tokens are too many for one answer: ask for one chunk at a time with chunk=0, chunk=1 and so on.`,
      { details: { field: "include" } },
    );
  const unpacked = unpackTokens(packed, origin);
  const vectors = tokenVectors(unpacked);
  const { dimensions, units } = unpacked;
  return Array.from(units.starts, (start, i) => {
    const end = units.ends[i] ?? start;
    const row = (units.rows[i] ?? 0) * dimensions;
    return {
      text: text.slice(start - origin, end - origin),
      start,
      end,
      pieces: units.pieces[i] ?? 0,
      vector: [...vectors.subarray(row, row + dimensions)],
    };
  });
}
