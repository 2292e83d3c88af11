import type { TokenUnits } from "@polyseme/core";
import type { ComparedTokens, Tokens } from "./types.ts";

/**
 * The tokens of a document that a model for late interaction compares, each a unit of its own: special ones too, which have no
 * length and stand at the text's beginning or behind its last token.
 * @returns units with offsets in the text, `rows` 0, 1, 2 …; and for each unit the number of its token
 */
export function tokenUnits(
  { ids, starts, ends, special }: Pick<Tokens, "ids" | "starts" | "ends" | "special">,
  { skipped }: ComparedTokens,
): TokenUnits & { readonly first: Int32Array } {
  const first = Int32Array.from(ids.keys()).filter((token) => !skipped.has(ids[token] ?? 0));
  const unitStarts = new Int32Array(first.length);
  const unitEnds = new Int32Array(first.length);
  let before = 0;
  first.forEach((token, unit) => {
    const isPlaced = special[token] !== 1;
    // Bytes of one sign are tokens that all say the whole of it, and units do not overlap.
    const start = Math.max(before, isPlaced ? (starts[token] ?? 0) : 0);
    before = Math.max(start, isPlaced ? (ends[token] ?? 0) : 0);
    unitStarts[unit] = start;
    unitEnds[unit] = before;
  });
  return {
    starts: unitStarts,
    ends: unitEnds,
    pieces: new Int32Array(first.length).fill(1),
    rows: Int32Array.from(first.keys()),
    first,
  };
}
