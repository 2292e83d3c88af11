/** A part of a document, [start, end) in UTF-16 units of its text. */
export interface Sentence {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Finds the sentence around an offset of the document, without the white space at its ends. The cutter is made once, as that
 * takes longer than to cut.
 */
export function makeSentenceFinder(): (
  chunk: { readonly start: number; readonly text: string },
  offset: number,
) => Sentence {
  const cutter = new Intl.Segmenter("und", { granularity: "sentence" });
  return (chunk, offset) => {
    const place = Math.min(Math.max(0, offset - chunk.start), chunk.text.length - 1);
    const found = cutter.segment(chunk.text).containing(place);
    const whole = found?.segment ?? chunk.text;
    const text = whole.trim();
    const start = chunk.start + (found?.index ?? 0) + whole.indexOf(text);
    return { start, end: start + text.length, text };
  };
}
