import { isWord, makeFormOf, wordsOf } from "@polyseme/words";

/** [start, end) in UTF-16 units. */
type Span = readonly [start: number, end: number];

/** A part of a chunk; offsets are in the document's text. */
export interface Snippet {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The query's words, in the order of the text; they do not overlap. */
  readonly marks: [number, number][];
}

export const MOST_SNIPPET_CHARACTERS = 240;
/** Of a sentence that is too long: what is shown before its first mark. */
const LEAD_CHARACTERS = 40;

/** Scripts without spaces between words, and Korean: a word is found by pairs of its characters there. */
const UNSPACED_RUN =
  /[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]+/gu;

/**
 * Cuts out of chunks the sentences that hold most of a query's words, and marks those.
 * @param words as `wordsToMark` gives them
 * @param language the collection's, by which words have the same form
 */
export function makeSnippets(
  words: readonly string[],
  language: string | null,
): (chunk: { readonly start: number; readonly text: string }) => Snippet {
  const findMarks = makeMarker(words, language);
  const sentences = new Intl.Segmenter("und", { granularity: "sentence" });
  return ({ start: origin, text }) => {
    const marks = findMarks(text);
    const [start, end] = bestPart(text, [...sentences.segment(text)], marks);
    return {
      text: text.slice(start, end),
      start: origin + start,
      end: origin + end,
      marks: marks
        .filter((mark) => mark.start >= start && mark.end <= end)
        .map((mark) => [origin + mark.start, origin + mark.end]),
    };
  };
}

/** Words of a query, and whole runs of characters where no spaces are written, each once. */
export function wordsToMark(query: string): string[] {
  const runs = [...query.matchAll(UNSPACED_RUN)].map(([run]) => run);
  const words = wordsOf(query.replace(UNSPACED_RUN, " ")).map(({ text }) => text);
  return [...new Set([...words.filter(isWord), ...runs])];
}

interface Mark {
  readonly start: number;
  readonly end: number;
  /** The query's word that is meant. */
  readonly form: string;
}

function makeMarker(words: readonly string[], language: string | null): (text: string) => Mark[] {
  const formOf = makeFormOf(language);
  const forms = new Set<string>();
  const parts = new Set<string>();
  for (const word of words) {
    for (const [run] of word.matchAll(UNSPACED_RUN)) for (const { text } of partsOf(run)) parts.add(text);
    const spaced = word.replace(UNSPACED_RUN, " ");
    for (const { text } of wordsOf(spaced)) if (isWord(text)) forms.add(formOf(text));
  }
  return (text) => {
    const marks: Mark[] = [];
    if (parts.size > 0)
      for (const { 0: run, index } of text.matchAll(UNSPACED_RUN)) {
        // A single character of a query is looked for anywhere in a run.
        const found = [...partsOf(run), ...charactersOf(run)].filter((part) => parts.has(part.text));
        for (const { text: form, start, end } of found) marks.push({ start: index + start, end: index + end, form });
      }
    if (forms.size > 0)
      for (const { text: word, start, end } of wordsOf(text)) {
        const form = isWord(word) ? formOf(word) : "";
        if (forms.has(form)) marks.push({ start, end, form });
      }
    return joined(marks.sort((a, b) => a.start - b.start || a.end - b.end));
  };
}

/** The pairs of neighbours in a run, or its only character. */
function partsOf(run: string): { text: string; start: number; end: number }[] {
  const characters = charactersOf(run);
  if (characters.length < 2) return characters;
  return characters.slice(1).map(({ end }, i) => {
    const start = characters[i]?.start ?? 0;
    return { text: run.slice(start, end), start, end };
  });
}

function charactersOf(run: string): { text: string; start: number; end: number }[] {
  let start = 0;
  return [...run].map((text) => ({ text, start, end: (start += text.length) }));
}

/** Pairs that overlap become one mark, named after the first. */
function joined(marks: readonly Mark[]): Mark[] {
  const all: Mark[] = [];
  for (const mark of marks) {
    const last = all.at(-1);
    if (last === undefined || mark.start >= last.end) all.push(mark);
    else if (mark.end > last.end) all[all.length - 1] = { ...last, end: mark.end };
  }
  return all;
}

/** The run of whole sentences with most different words of the query, the first of equals; of one that is too long a part. */
function bestPart(text: string, sentences: readonly Intl.SegmentData[], marks: readonly Mark[]): Span {
  let best: { span: Span; worth: number } | undefined;
  for (const [i, first] of sentences.entries()) {
    let end = first.index;
    for (const { index, segment } of sentences.slice(i)) {
      if (index + segment.trimEnd().length - first.index > MOST_SNIPPET_CHARACTERS && index > first.index) break;
      end = index + segment.length;
    }
    const span = trimmed(text, [first.index, end]);
    const isTooLong = span[1] - span[0] > MOST_SNIPPET_CHARACTERS;
    const shown = isTooLong ? partOfSentence(text, span, marks) : span;
    const worth = worthOf(shown, marks);
    if (best === undefined || worth > best.worth) best = { span: shown, worth };
  }
  return best?.span ?? [0, 0];
}

/** Different words count most, then how many there are. */
function worthOf([start, end]: Span, marks: readonly Mark[]): number {
  const inside = marks.filter((mark) => mark.start >= start && mark.end <= end);
  return new Set(inside.map(({ form }) => form)).size + Math.min(inside.length, 99) / 100;
}

function partOfSentence(text: string, [from, to]: Span, marks: readonly Mark[]): Span {
  const cut = (start: number): Span => {
    const least = start <= from ? from : wordAfter(text, start, to);
    const most = Math.min(to, least + MOST_SNIPPET_CHARACTERS);
    return trimmed(text, [least, most === to ? to : wordBefore(text, most, least)]);
  };
  const starts = marks
    .filter((mark) => mark.start >= from && mark.end <= to)
    .map(({ start }) => start - LEAD_CHARACTERS);
  let best = cut(from);
  for (const start of starts) {
    const span = cut(start);
    if (worthOf(span, marks) > worthOf(best, marks)) best = span;
  }
  return best;
}

/** How far a cut is moved to be between words. */
const NEAR = 30;

function wordAfter(text: string, at: number, to: number): number {
  for (let i = at; i < Math.min(to, at + NEAR); i += 1) if (/\s/.test(text.charAt(i - 1))) return i;
  return isInsidePair(text, at) ? at + 1 : at;
}

function wordBefore(text: string, at: number, from: number): number {
  for (let i = at; i > Math.max(from, at - NEAR); i -= 1) if (/\s/.test(text.charAt(i))) return i;
  return isInsidePair(text, at) ? at - 1 : at;
}

function isInsidePair(text: string, at: number): boolean {
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) && /[\uD800-\uDBFF]/.test(text.charAt(at - 1));
}

function trimmed(text: string, [start, end]: Span): Span {
  const part = text.slice(start, end);
  const from = start + (part.length - part.trimStart().length);
  return [Math.min(from, end), Math.max(Math.min(from, end), start + part.trimEnd().length)];
}
