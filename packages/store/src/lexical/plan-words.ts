/** How often words are in a collection's chunks. */
export interface WordCounts {
  readonly chunks: number;
  /** Mean UTF-8 bytes of a chunk's text. */
  readonly meanBytes: number;
  /** Share of the chunks that hold the entry, for those that many hold; all others are rarer than `rareShare`. */
  readonly frequent: ReadonlyMap<string, number>;
  readonly rareShare: number;
}

/** A word of a query and how it is looked for. */
export interface WantedWord {
  readonly entry: string;
  /** Chunks that hold it; undefined: counted by the search itself. */
  readonly holders: number | undefined;
  /** Whether chunks are found by it; else it only adds to the score of those found by others. */
  readonly finds: boolean;
}

/** A longer question's rarest words. */
export const MOST_WORDS = 64;
/** Chunks, about, that are looked at for one search: some 20 ms of Postgres. */
export const MOST_LOOKED_AT = 10_000;

/**
 * Which words chunks are looked for by: the rarest, as long as they are in few chunks together. The others are in so many
 * chunks that they tell little: they count where a chunk is found anyway. At least one word finds.
 * @param entries of the query, as `word_entries` gives them
 */
export function planWords(entries: readonly string[], counts: WordCounts): WantedWord[] {
  const words = queryWords(entries).map((entry) => {
    const share = counts.frequent.get(entry);
    return { entry, share, about: (share ?? counts.rareShare / 2) * counts.chunks };
  });
  words.sort((a, b) => a.about - b.about);
  let lookedAt = 0;
  return words.slice(0, MOST_WORDS).map(({ entry, share, about }, place) => {
    lookedAt += about;
    const finds = place === 0 || lookedAt <= MOST_LOOKED_AT;
    return { entry, holders: finds || share === undefined ? undefined : share * counts.chunks, finds };
  });
}

/** Written without spaces: one character, or two. */
const UNSPACED =
  /^[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]{1,2}$/u;

/**
 * Each word of a query once. A single character of Chinese or the like is a word only where it stands alone: in a longer run
 * the pairs say more, and the characters are in far more chunks.
 */
export function queryWords(entries: readonly string[]): string[] {
  const words = entries.filter((entry) => !/\*[2-5]$/.test(entry));
  const inPairs = new Set(
    words.filter((word) => UNSPACED.test(word)).flatMap((word) => ([...word].length === 2 ? [...word] : [])),
  );
  return words.filter((word) => !inPairs.has(word));
}
