import {
  productQueries,
  unitVectors,
  wordUnits,
  type EncodedText,
  type ModelInfo,
  type ProductQueries,
} from "@polyseme/encoder";

/** A word or a sign of the query, or a special token of the model. */
export interface QueryEntry {
  readonly text: string;
  /** UTF-16 offsets into the query; special tokens have start = end. */
  readonly start: number;
  readonly end: number;
  readonly special: boolean;
  /** Has a letter or a digit. */
  readonly isWord: boolean;
}

/** Vectors that chunks' units are compared with. */
export interface UnitQueries {
  /** [count, dimensions], not normalised. */
  readonly vectors: Float32Array;
  readonly norms: Float64Array;
  readonly isWord: readonly boolean[];
  readonly products: ProductQueries;
}

export interface QueryUnits {
  /** In the order of the text. */
  readonly entries: readonly QueryEntry[];
  /** Numbers of the entries that are compared: those that are no special tokens, or token by token all of them. */
  readonly units: readonly number[];
  /** One contextual vector for each of `units`. */
  readonly vectors: Float32Array;
  /** [entries, dimensions]: what of the query's embedding is each entry's. They add up to it. */
  readonly contributions: Float64Array;
  readonly dimensions: number;
}

/** What has a letter or a digit. */
const WORD = /[\p{L}\p{N}]/u;

/**
 * @param encoded the query's tokens with contextual vectors
 * @param tokenText a token as the vocabulary writes it
 */
export function queryUnits(
  text: string,
  { tokens, encoded }: EncodedText,
  { tokenDimensions: dimensions, pooling }: Pick<ModelInfo, "tokenDimensions" | "pooling">,
  tokenText: (id: number) => string,
): QueryUnits {
  const { contextual } = encoded;
  if (contextual === undefined) throw new Error("The encoder gave no contextual vectors");
  const found = wordUnits(text, tokens);
  const entries: QueryEntry[] = [];
  const units: number[] = [];
  const entryOf = new Int32Array(tokens.ids.length);
  for (let token = 0; token < tokens.ids.length; token += 1) {
    if (tokens.special[token] === 1) {
      const start = tokens.starts[token] ?? 0;
      const name = tokenText(tokens.ids[token] ?? 0);
      entries.push({ text: name, start, end: start, special: true, isWord: false });
    } else if (found.first[units.length] === token) {
      const start = found.starts[units.length] ?? 0;
      const end = found.ends[units.length] ?? 0;
      const slice = text.slice(start, end);
      units.push(entries.length);
      entries.push({ text: slice, start, end, special: false, isWord: WORD.test(slice) });
    }
    // A token without characters of its own counts with what is before it.
    entryOf[token] = Math.max(0, entries.length - 1);
  }
  return {
    entries,
    units,
    vectors: unitVectors(found, contextual, dimensions),
    contributions: contributionsOf(contextual, entryOf, entries.length, { dimensions, pooling }),
    dimensions,
  };
}

/**
 * Pooling is a sum over tokens of values of theirs (`max` takes each value from one token), so the normalised embedding is
 * a sum of one part a token.
 * @param contextual [tokens, dimensions]
 * @param entryOf of each token that is pooled, from the first on, the number of its entry
 */
export function contributionsOf(
  contextual: Float32Array,
  entryOf: Int32Array,
  entries: number,
  { dimensions, pooling }: { readonly dimensions: number; readonly pooling: ModelInfo["pooling"] },
): Float64Array {
  const parts = new Float64Array(entries * dimensions);
  const tokens = entryOf.length;
  const add = (token: number, d: number): void => {
    const at = (entryOf[token] ?? 0) * dimensions + d;
    parts[at] = (parts[at] ?? 0) + (contextual[token * dimensions + d] ?? 0);
  };
  for (let d = 0; d < dimensions; d += 1)
    switch (pooling) {
      case "mean":
        for (let token = 0; token < tokens; token += 1) add(token, d);
        break;
      case "max":
        add(largestAt(contextual, tokens, dimensions, d), d);
        break;
      case "cls":
        add(0, d);
        break;
      case "last":
        add(tokens - 1, d);
        break;
      default:
        pooling satisfies never;
    }
  let length = 0;
  for (let d = 0; d < dimensions; d += 1) {
    let sum = 0;
    for (let entry = 0; entry < entries; entry += 1) sum += parts[entry * dimensions + d] ?? 0;
    length += sum * sum;
  }
  const scale = length === 0 ? 0 : 1 / Math.sqrt(length);
  return parts.map((part) => part * scale);
}

function largestAt(vectors: Float32Array, tokens: number, dimensions: number, d: number): number {
  let best = 0;
  for (let token = 1; token < tokens; token += 1)
    if ((vectors[token * dimensions + d] ?? 0) > (vectors[best * dimensions + d] ?? 0)) best = token;
  return best;
}

/**
 * Some of the query's units, ready to be compared with chunks.
 * @param numbers places in `query.units`
 */
export function unitQueries(query: QueryUnits, numbers: readonly number[]): UnitQueries {
  const { dimensions } = query;
  const vectors = new Float32Array(numbers.length * dimensions);
  const norms = new Float64Array(numbers.length);
  for (const [i, number] of numbers.entries()) {
    const vector = query.vectors.subarray(number * dimensions, (number + 1) * dimensions);
    vectors.set(vector, i * dimensions);
    norms[i] = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  }
  return {
    vectors,
    norms,
    isWord: numbers.map((number) => query.entries[query.units[number] ?? 0]?.isWord === true),
    products: productQueries(vectors, dimensions),
  };
}

/** Words of a query that are compared when hits are ranked anew; what is behind them is left out. */
const MOST_WORDS = 128;

/** Places in `query.units` of what MaxSim compares: words without signs; where there are none, the signs. */
export function rankedUnits({ entries, units }: QueryUnits): number[] {
  const all = units.map((_, number) => number);
  const words = all.filter((number) => entries[units[number] ?? 0]?.isWord === true);
  return (words.length > 0 ? words : all).slice(0, MOST_WORDS);
}
