import type { QueryUnits } from "./query-units.ts";

/**
 * What of the cosine of a query with a chunk each entry of the query makes. The query's embedding is a sum over its tokens,
 * so its product with the chunk's is one too: the parts, special tokens' among them, add up to the cosine. Some may be
 * negative.
 * @param embedding of the chunk, of length 1
 */
export function scoreParts(
  { entries, contributions, dimensions }: Pick<QueryUnits, "entries" | "contributions" | "dimensions">,
  embedding: Float32Array,
): number[] {
  return entries.map((_, entry) => {
    let sum = 0;
    for (let d = 0; d < dimensions; d += 1) sum += (contributions[entry * dimensions + d] ?? 0) * (embedding[d] ?? 0);
    return sum;
  });
}

/**
 * Shares of a whole, each 0 to 1 and together 1: those of the positive parts. Where nothing is positive, those of the
 * positive similarities, and where nothing is near either, all the same.
 */
export function sharesOf(parts: readonly number[], similarities: readonly number[]): number[] {
  const positive = (values: readonly number[]): number[] | undefined => {
    const kept = values.map((value) => Math.max(0, value));
    const sum = kept.reduce((total, value) => total + value, 0);
    return sum > 0 ? kept.map((value) => value / sum) : undefined;
  };
  return positive(parts) ?? positive(similarities) ?? parts.map(() => 1 / parts.length);
}
