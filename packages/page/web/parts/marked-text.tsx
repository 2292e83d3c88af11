import type { WordUse } from "../shapes.ts";
import { segmentsOf } from "./segments.ts";

/** The sentence of a word's use, with the word marked. */
export function MarkedUse({ use }: { readonly use: WordUse }) {
  return (
    <>
      {segmentsOf(use.sentence.text, use.sentence.start, [use]).map(({ text, spans }, i) =>
        spans.length === 0 ? text : <mark key={i}>{text}</mark>,
      )}
    </>
  );
}
