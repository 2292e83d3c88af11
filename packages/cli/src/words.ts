/** A word in a text. */
export interface Word {
  /** In lower case. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Words as people count them: runs of letters and digits, in any script. */
export function wordsOf(text: string): Word[] {
  const segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  return [...segments]
    .filter(({ isWordLike }) => isWordLike === true)
    .map(({ segment, index }) => ({ word: segment.toLowerCase(), start: index, end: index + segment.length }));
}

/** The words that both texts hold, in the order of the first. */
export function sharedWords(a: string, b: string): string[] {
  const inB = new Set(wordsOf(b).map(({ word }) => word));
  return [...new Set(wordsOf(a).map(({ word }) => word))].filter((word) => inB.has(word));
}
