import { tokenVectors, unpackTokens } from "@polyseme/core";
import type { TokenChunk } from "@polyseme/store";
import { isWord, makeFormOf } from "@polyseme/words";
import { dot, unit } from "./unit-vectors.ts";

export interface Neighbour {
  /** As it is written where it comes first. */
  readonly word: string;
  readonly similarity: number;
}

/** A word's form, as some chunks use it. */
export interface UsedForm {
  readonly form: string;
  readonly word: string;
  /** Of the mean of its uses' directions, length 1. */
  readonly direction: Float32Array;
}

const LETTER = /\p{L}/u;

/**
 * The forms of the words in some chunks, each with the mean direction of its uses. Words without a meaning of their own take
 * on that of each sentence, so over many sentences their mean is near to none of them; one use of theirs may be very near.
 */
export function usedForms(chunks: readonly TokenChunk[], language: string | null): UsedForm[] {
  const sums = new Map<string, { word: string; sum: Float64Array }>();
  const formOf = makeFormOf(language);
  for (const { text, tokens } of chunks) {
    const packed = unpackTokens(tokens, 0);
    const vectors = tokenVectors(packed);
    const { starts, ends, rows } = packed.units;
    for (let i = 0; i < starts.length; i += 1) {
      const word = text.slice(starts[i], ends[i]);
      if (!isWord(word) || !LETTER.test(word)) continue;
      const form = formOf(word);
      const from = (rows[i] ?? 0) * packed.dimensions;
      const own = sums.get(form) ?? { word, sum: new Float64Array(packed.dimensions) };
      for (const [j, value] of unit(vectors.subarray(from, from + packed.dimensions)).entries())
        own.sum[j] = (own.sum[j] ?? 0) + value;
      sums.set(form, own);
    }
  }
  return [...sums].map(([form, { word, sum }]) => ({ form, word, direction: unit(sum) }));
}

/**
 * The words nearest to a sense, and nearer to it than to the word's other senses: they come in the order of their cosine with
 * the sense and how much that is above their mean cosine with the others.
 * @param senses centres of all senses of the word, length 1
 * @param sense which of them is meant
 * @param options.isLeftOut tells which forms are not wanted
 */
export function nearestWords(
  senses: readonly Float32Array[],
  sense: number,
  forms: readonly UsedForm[],
  options: { most: number; isLeftOut: (form: string) => boolean },
): Neighbour[] {
  return forms
    .filter(({ form }) => !options.isLeftOut(form))
    .map(({ word, direction }) => {
      const cosines = senses.map((centre) => dot(centre, direction));
      const similarity = cosines[sense] ?? 0;
      const others = cosines.filter((_, i) => i !== sense);
      const elsewhere = others.reduce((sum, value) => sum + value, 0) / Math.max(1, others.length);
      return { word, similarity, rank: 2 * similarity - elsewhere };
    })
    .sort((a, b) => b.rank - a.rank || (a.word < b.word ? -1 : 1))
    .slice(0, options.most)
    .map(({ word, similarity }) => ({ word, similarity }));
}

/**
 * A form that is more than this share of all that is in the chunks (each counted once a chunk) says nothing of any of them.
 * A share of words and not of chunks, so that it means the same whether a chunk is a sentence or a page.
 */
const COMMON_SHARE = 0.002;
const LEAST_COUNT = 3;
/** Fewer chunks than this tell nothing about shares. */
const LEAST_CHUNKS = 10;

/** Forms that are so frequent in a collection that they tell no chunk from another, such as articles and pronouns. */
export function commonForms(chunks: readonly (readonly string[])[]): Set<string> {
  const counts = new Map<string, number>();
  for (const forms of chunks) for (const form of new Set(forms)) counts.set(form, (counts.get(form) ?? 0) + 1);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const least = Math.max(LEAST_COUNT, COMMON_SHARE * all);
  const common = [...counts].filter(([, count]) => count >= least).map(([form]) => form);
  return new Set(chunks.length < LEAST_CHUNKS ? [] : common);
}
