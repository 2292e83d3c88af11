import type { Section } from "@polyseme/core";
import type { Span } from "./plan-chunks.ts";

/** A document's text with the borders that its chunks keep. */
export interface SectionedText {
  readonly text: string;
  readonly sections?: readonly Section[] | null;
}

/** A part of a text that is cut into chunks by itself, so that none crosses its ends. */
export interface Stretch extends Span {
  readonly context?: string;
}

/**
 * The sections as stretches that cover the text without a gap; what lies before the first one has no context. One that
 * holds nothing but white space belongs to the one before it. Without sections the text is one stretch.
 */
export function stretchesOf({ text, sections }: SectionedText): Stretch[] {
  const given = sections ?? [];
  const first = given[0]?.start ?? text.length;
  const all: Stretch[] = first > 0 || given.length === 0 ? [{ start: 0, end: first }] : [];
  for (const [index, { start, context }] of given.entries()) {
    const end = given[index + 1]?.start ?? text.length;
    all.push(context === undefined ? { start, end } : { start, end, context });
  }
  return withoutEmpty(all, ({ start, end }) => !/\S/.test(text.slice(start, end)));
}

/** Those in which there is nothing become the end of the one before, or at the beginning the beginning of the next. */
export function withoutEmpty(stretches: readonly Stretch[], isEmpty: (span: Span) => boolean): Stretch[] {
  const kept: Stretch[] = [];
  // The first alone may be empty, as any other would have gone to the one before.
  let firstIsEmpty = false;
  for (const stretch of stretches) {
    const last = kept.at(-1);
    const empty = isEmpty(stretch);
    if (last === undefined) {
      kept.push(stretch);
      firstIsEmpty = empty;
    } else if (empty) kept[kept.length - 1] = { ...last, end: stretch.end };
    else if (firstIsEmpty) {
      kept[0] = { ...stretch, start: last.start };
      firstIsEmpty = false;
    } else kept.push(stretch);
  }
  return kept;
}
