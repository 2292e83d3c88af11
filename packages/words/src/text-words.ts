/** A word or a sign of a text, white space left out, with its UTF-16 offsets [start, end). */
export interface TextWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** Whether it has a letter or a digit; what has none is a sign, and nobody looks for it by its form. */
export function isWord(text: string): boolean {
  return LETTER_OR_DIGIT.test(text);
}

/** Words and signs of a text in its order, cut as Unicode says (UAX 29; by dictionary in Chinese, Thai and the like). */
export function wordsOf(text: string): TextWord[] {
  const words: TextWord[] = [];
  for (const { segment, index } of new Intl.Segmenter("und", { granularity: "word" }).segment(text))
    if (segment.trim() !== "") words.push({ text: segment, start: index, end: index + segment.length });
  return words;
}

/**
 * Where one word after the other has the forms wanted.
 * @param words in the order of their text
 * @param forms at least one
 * @param formOf gives a word's form; see `makeFormOf`
 * @returns the number of the first word of each such place, ascending; places do not overlap
 */
export function wordRuns(
  words: readonly string[],
  forms: readonly string[],
  formOf: (word: string) => string,
): number[] {
  const have = words.map(formOf);
  const runs: number[] = [];
  for (let at = 0; at + forms.length <= have.length;) {
    const found = forms.every((form, i) => have[at + i] === form);
    if (found) runs.push(at);
    at += found ? forms.length : 1;
  }
  return runs;
}
