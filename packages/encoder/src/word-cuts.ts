/** Letters of Latin-1 and Latin Extended-A. */
const LETTER = "A-Za-zªµºÀ-ÖØ-öø-ſ";
/**
 * What is not in here, or has rules of its own, is left to the segmenter: Latin-1 and Extended-A but for four of their
 * characters, and – — ‘ ’ “ ” „ … €.
 */
const NOT_PLAIN =
  /[\u0085\u00ad\u00b7\u00b8\u0180-\u2012\u2015-\u2017\u201a\u201b\u201f-\u2025\u2027-\u20ab\u20ad-\uffff]/;
/** Whether a colon joins letters differs between versions of Unicode, so the runtime is asked. */
const COLON_IN_WORD = new RegExp(`[${LETTER}]:[${LETTER}]`);
const WORDS = new RegExp(
  `[\\w${LETTER}](?:[\\w${LETTER}]|(?<=[${LETTER}])[.'‘’](?=[${LETTER}])|(?<=\\d)[.,;'‘’](?=\\d))*|\\r\\n| +|[^]`,
  "g",
);

/** A part of a text, [start, end). */
export interface Cut {
  readonly start: number;
  readonly end: number;
}

/**
 * The text cut into words and what stands between them, in order and without a gap: as Unicode does it (UAX 29, the root
 * locale of Intl.Segmenter, with dictionaries for scripts without spaces). Ten times as fast as the segmenter for texts
 * in Latin letters, with the same cuts.
 */
export function* cutWords(text: string): Generator<Cut, void, undefined> {
  if (!NOT_PLAIN.test(text) && !COLON_IN_WORD.test(text)) {
    for (const { 0: word, index } of text.matchAll(WORDS)) yield { start: index, end: index + word.length };
    return;
  }
  for (const { segment, index } of new Intl.Segmenter("und", { granularity: "word" }).segment(text))
    yield { start: index, end: index + segment.length };
}
