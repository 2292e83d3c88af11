/** A part of a text, `[start, end)` in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const HAS_WORD = /[\p{L}\p{N}]/u;

/** White space and Markdown's marks of lists, quotes and headings. */
const LEAD = /^(?:\s|[>#*+-]+\s)*/;

/** The sentences of a text without what stands around them; what holds no word is left out. */
export function sentencesOf(text: string): Span[] {
  return [...new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)]
    .filter(({ segment }) => HAS_WORD.test(segment))
    .map(({ segment, index }) => {
      const start = index + (LEAD.exec(segment)?.[0].length ?? 0);
      return { start, end: index + segment.trimEnd().length };
    });
}
