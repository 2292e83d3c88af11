import type { SearchHit } from "@polyseme/client";
import type { AnswerPlace, Question } from "./questions.ts";
import type { Grades } from "./ndcg.ts";

/** A quote found in its document, `[start, end)` in the document's UTF-16 units. */
export interface FoundPlace {
  readonly docId: string;
  readonly start: number;
  readonly end: number;
}

/** Where a quote stands first; undefined when the text does not hold it. */
export function findQuote({ docId, quote }: AnswerPlace, text: string): FoundPlace | undefined {
  const start = text.indexOf(quote);
  return start === -1 ? undefined : { docId, start, end: start + quote.length };
}

/**
 * A ranking of chunks as a ranking of the places they hold: a chunk that overlaps a place stands for it, any other for
 * itself. So every place counts once, at the first chunk that has a part of it, and settings that cut texts differently
 * can be compared: none gains by having an answer in more chunks.
 */
export function rankPlaces(hits: readonly SearchHit[], places: readonly FoundPlace[]): string[] {
  return hits.map(({ id, chunk }) => {
    const index = places.findIndex(({ docId, start, end }) => docId === id && chunk.start < end && start < chunk.end);
    return index === -1 ? `chunk ${chunk.ordinal} of ${id}` : placeName(index);
  });
}

/** Every place is as good as the other. */
export function gradesOfPlaces(places: readonly FoundPlace[]): Grades {
  return new Map(places.map((_, index) => [placeName(index), 1]));
}

/** The questions with their answers' places; those without an answer are left out. */
export function withAnswers(questions: readonly Question[]): readonly Question[] {
  return questions.filter(({ answers }) => answers.length > 0);
}

function placeName(index: number): string {
  return `place ${index}`;
}
