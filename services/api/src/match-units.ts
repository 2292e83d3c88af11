import type { PackedTokens } from "@polyseme/core";
import type { RowProducts } from "@polyseme/encoder";
import type { UnitQueries } from "./query-units.ts";

/** For each unit of a query, what of a chunk is nearest to it. */
export interface UnitMatches {
  /** Row of the chunk's vectors; -1 where the chunk has none. */
  readonly rows: Int32Array;
  /** Cosine with it, -1 to 1. */
  readonly similarities: Float64Array;
}

/** What is compared of a chunk. */
export interface ComparedChunk {
  readonly packed: PackedTokens;
  /** As `wordRows` tells. */
  readonly isWordRow: Uint8Array;
}

/**
 * The nearest row of each chunk to each unit of a query. Words are compared with words, where the chunk has any: the vector of
 * a full stop stands for its sentence and is near to much. Signs are compared with everything.
 * @param chunks of one collection: all of one precision
 */
export async function matchUnits(
  products: RowProducts,
  queries: UnitQueries,
  chunks: readonly ComparedChunk[],
): Promise<UnitMatches[]> {
  // One product for all of them: what a run costs by itself is as much as the product of a chunk.
  const dots = await products.multiply(joined(chunks.map(({ packed }) => packed.values)), queries.products);
  let from = 0;
  return chunks.map((chunk) => {
    const to = from + chunk.packed.norms.length * queries.norms.length;
    const own = dots.subarray(from, to);
    from = to;
    return matchesOf(queries, chunk, own);
  });
}

function joined(parts: readonly PackedTokens["values"][]): PackedTokens["values"] {
  const [first = new Int8Array()] = parts;
  if (parts.length === 1) return first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = first instanceof Int8Array ? new Int8Array(length) : new Uint16Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @param dots [rows, queries] */
function matchesOf(queries: UnitQueries, { packed, isWordRow }: ComparedChunk, dots: Float32Array): UnitMatches {
  const factors = cosineFactors(packed);
  const rows = bestRows(dots, queries.isWord, factors, isWordRow);
  const similarities = Float64Array.from(rows, (row, query) => {
    const norm = queries.norms[query] ?? 0;
    if (row < 0 || norm === 0) return 0;
    // Products with int8 rows are rounded: good enough to choose a row by, and its cosine is then reckoned whole.
    const dot =
      packed.values instanceof Int8Array
        ? exactDot(packed.values, row, queries.vectors, query, packed.dimensions)
        : (dots[row * rows.length + query] ?? 0);
    return Math.max(-1, Math.min(1, (dot * (factors[row] ?? 0)) / norm));
  });
  return { rows, similarities };
}

/** The mean of the similarities, each unit counting the same; 0 of none. */
export function maxSim(similarities: Float64Array): number {
  return similarities.length === 0 ? 0 : similarities.reduce((sum, value) => sum + value, 0) / similarities.length;
}

/** One number a row that turns its product with a vector into the cosine times that vector's length. */
function cosineFactors({ scales, norms }: PackedTokens): Float64Array {
  return Float64Array.from(norms, (norm, row) => (norm > 0 ? (scales[row] ?? 0) / norm : 0));
}

/**
 * For each query the row with the largest product times factor, the first of equal ones.
 * @param dots [rows, queries]
 */
function bestRows(
  dots: Float32Array,
  isWord: readonly boolean[],
  factors: Float64Array,
  isWordRow: Uint8Array,
): Int32Array {
  const count = isWord.length;
  const hasWords = isWordRow.includes(1);
  const best = new Int32Array(count).fill(-1);
  const largest = new Float64Array(count).fill(-Infinity);
  for (let row = 0; row < factors.length; row += 1) {
    const factor = factors[row] ?? 0;
    const isSign = hasWords && isWordRow[row] !== 1;
    for (let query = 0; query < count; query += 1) {
      if (isSign && isWord[query] === true) continue;
      const value = (dots[row * count + query] ?? 0) * factor;
      if (value <= (largest[query] ?? 0)) continue;
      largest[query] = value;
      best[query] = row;
    }
  }
  return best;
}

function exactDot(values: Int8Array, row: number, vectors: Float32Array, query: number, dimensions: number): number {
  let sum = 0;
  for (let d = 0, a = row * dimensions, b = query * dimensions; d < dimensions; d += 1)
    sum += (values[a + d] ?? 0) * (vectors[b + d] ?? 0);
  return sum;
}

const WORD = /[\p{L}\p{N}]/u;

/**
 * 1 for each row that is a word's; units that share a row make it a word's when one of them is a word.
 * @param text of the chunk, which begins at `origin` in the offsets of its units
 */
export function wordRows({ units, norms }: PackedTokens, text: string, origin: number): Uint8Array {
  const rows = new Uint8Array(norms.length);
  for (let unit = 0; unit < units.starts.length; unit += 1) {
    const start = (units.starts[unit] ?? 0) - origin;
    const end = (units.ends[unit] ?? 0) - origin;
    if (isLetterOrDigit(text.charCodeAt(start)) || WORD.test(text.slice(start, end))) rows[units.rows[unit] ?? 0] = 1;
  }
  return rows;
}

/** Of ASCII, the usual case without making a string. */
function isLetterOrDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
