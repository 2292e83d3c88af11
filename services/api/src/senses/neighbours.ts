import { unpackTokens } from "@polyseme/core";
import type { TokenChunk } from "@polyseme/store";
import { isWord, wordForm } from "@polyseme/words";
import { packedCosines } from "./packed-cosines.ts";

export interface Neighbour {
  /** As it is written where it is nearest. */
  readonly word: string;
  readonly similarity: number;
}

const LETTER = /\p{L}/u;

/**
 * The words of some chunks that are nearest to a sense, each once, whatever its form.
 * @param centre of the sense, length 1
 * @param options.isLeftOut tells which forms are not wanted
 */
export function nearestWords(
  centre: Float32Array,
  chunks: readonly TokenChunk[],
  options: { most: number; language: string | null; isLeftOut: (form: string) => boolean },
): Neighbour[] {
  const best = new Map<string, Neighbour>();
  const forms = new Map<string, string>();
  for (const { text, tokens } of chunks) {
    const packed = unpackTokens(tokens, 0);
    const cosines = packedCosines(centre, packed);
    const { starts, ends, rows } = packed.units;
    for (let i = 0; i < starts.length; i += 1) {
      const word = text.slice(starts[i], ends[i]);
      if (!isWord(word) || !LETTER.test(word)) continue;
      const form = forms.get(word) ?? wordForm(word, options.language);
      forms.set(word, form);
      const similarity = cosines[rows[i] ?? 0] ?? 0;
      if (similarity <= (best.get(form)?.similarity ?? -Infinity) || options.isLeftOut(form)) continue;
      best.set(form, { word, similarity });
    }
  }
  return [...best.values()]
    .sort((a, b) => b.similarity - a.similarity || (a.word < b.word ? -1 : 1))
    .slice(0, options.most);
}

/** A form in more than this share of all chunks says nothing of any of them. */
const COMMON_SHARE = 0.2;
/** Fewer chunks than this tell nothing about shares. */
const LEAST_CHUNKS = 10;

/** Forms that are in so many chunks of a collection that they tell none from another, such as articles. */
export function commonForms(chunks: readonly (readonly string[])[]): Set<string> {
  const counts = new Map<string, number>();
  for (const forms of chunks) for (const form of new Set(forms)) counts.set(form, (counts.get(form) ?? 0) + 1);
  const least = Math.max(2, COMMON_SHARE * chunks.length);
  const common = [...counts].filter(([, count]) => count >= least).map(([form]) => form);
  return new Set(chunks.length < LEAST_CHUNKS ? [] : common);
}
