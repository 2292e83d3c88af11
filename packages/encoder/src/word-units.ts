import type { TokenUnits } from "@polyseme/core";
import type { Tokens } from "./types.ts";
import { cutWords } from "./word-cuts.ts";

/**
 * The words of a text with the tokens of each: words as Unicode cuts them (UAX 29; for Chinese, Japanese, Thai and the
 * like by dictionary), each sign between them a unit of its own. A token belongs to the word that it begins in. Special
 * tokens, and words behind the end of a truncated text, are left out.
 * @param tokens of exactly this text
 * @returns units with offsets in the text, `rows` 0, 1, 2 …; and for each unit the number of its first token
 */
export function wordUnits(
  text: string,
  tokens: Pick<Tokens, "starts" | "ends" | "special">,
): TokenUnits & { readonly first: Int32Array } {
  const starts: number[] = [];
  const ends: number[] = [];
  const pieces: number[] = [];
  const first: number[] = [];
  const words = cutWords(text);
  let wordStart = 0;
  let wordEnd = 0;
  let current = -1;
  for (let token = 0; token < tokens.starts.length; token += 1) {
    const at = tokens.starts[token] ?? 0;
    const end = tokens.ends[token] ?? 0;
    if (tokens.special[token] === 1 || end <= at) continue;
    while (at >= wordEnd) {
      const word = words.next();
      if (word.done === true) break;
      wordStart = word.value.start;
      wordEnd = word.value.end;
    }
    if (current >= 0 && starts[current] === wordStart) {
      pieces[current] = (pieces[current] ?? 0) + 1;
      continue;
    }
    current += 1;
    starts.push(wordStart);
    ends.push(wordEnd);
    pieces.push(1);
    first.push(token);
  }
  return {
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    pieces: Int32Array.from(pieces),
    rows: Int32Array.from(starts, (_, i) => i),
    first: Int32Array.from(first),
  };
}

/**
 * One vector a unit: the mean of its tokens'.
 * @param vectors [tokens, dimensions] of the same tokens
 * @returns [units, dimensions], not normalised
 */
export function unitVectors(
  units: Pick<TokenUnits, "pieces"> & { readonly first: Int32Array },
  vectors: Float32Array,
  dimensions: number,
): Float32Array {
  const means = new Float32Array(units.first.length * dimensions);
  for (let unit = 0; unit < units.first.length; unit += 1) {
    const pieces = units.pieces[unit] ?? 1;
    const from = (units.first[unit] ?? 0) * dimensions;
    if (pieces === 1) {
      // Most words: a copy, without a loop.
      means.set(vectors.subarray(from, from + dimensions), unit * dimensions);
      continue;
    }
    for (let i = 0; i < dimensions; i += 1) {
      let sum = 0;
      for (let piece = 0; piece < pieces; piece += 1) sum += vectors[from + piece * dimensions + i] ?? 0;
      means[unit * dimensions + i] = sum / pieces;
    }
  }
  return means;
}
