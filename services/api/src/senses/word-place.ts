import { PolysemeError } from "@polyseme/core";
import { isWord, makeFormOf, wordForms, wordRuns, wordsOf } from "@polyseme/words";

/** A word, or several one behind the other, in a text. */
export interface WordPlace {
  /** UTF-16 offsets, [start, end), on the borders of words. */
  readonly start: number;
  readonly end: number;
  /** Under which each word and sign of it is found again, in order. */
  readonly forms: readonly string[];
}

/** Which word of a text is meant: by what it is, or by where it is. */
export interface WantedWord {
  readonly text: string;
  readonly word?: string | undefined;
  readonly span?: readonly number[] | undefined;
}

/** More words than this are a sentence, and a sentence is searched for with `query`. */
const MOST_WORDS = 8;

/**
 * The place of the word that is meant; of `word` the first place where its form stands. A span that begins or ends inside of
 * a word takes in all of it.
 * @throws PolysemeError `invalid`, naming the field, when not exactly one of word and span is given, or there is no such word
 */
export function placeOfWord({ text, word, span }: WantedWord, language: string | null): WordPlace {
  if ((word === undefined) === (span === undefined))
    throw fault("sense", "Give either sense.word or sense.span: which word of the text is meant.");
  const words = wordsOf(text);
  const chosen = word === undefined ? wordsInSpan(words, text, span ?? []) : wordsLike(words, word, language);
  const first = chosen[0];
  const last = chosen.at(-1);
  const field = word === undefined ? "sense.span" : "sense.word";
  if (first === undefined || last === undefined) throw fault(field, "The text does not hold this word.");
  if (chosen.length > MOST_WORDS) throw fault(field, `At most ${MOST_WORDS} words and signs can be looked for as one.`);
  if (!chosen.some((one) => isWord(one.text))) throw fault(field, "There is no letter and no digit in it.");
  const forms = chosen.map((one) => wordForms(one.text, language).join(" "));
  return { start: first.start, end: last.end, forms };
}

/**
 * What must all be among a chunk's words so that it can hold these forms.
 * @param forms as a {@link WordPlace} has them
 */
export function indexedForms(forms: readonly string[]): string[] {
  return [...new Set(forms.filter(isWord).flatMap((form) => form.split(" ")))];
}

/** The forms of a word that stands alone, such as the one asked for by name. */
export function formsOfWord(word: string, language: string | null): string[] {
  return wordsOf(word).map(({ text }) => wordForms(text, language).join(" "));
}

type Words = ReturnType<typeof wordsOf>;

function wordsInSpan(words: Words, text: string, span: readonly number[]): Words {
  const [start = 0, end = 0] = span;
  if (span.length !== 2 || start >= end || end > text.length)
    throw fault("sense.span", `span is [start, end) in UTF-16 units, and this text has ${text.length} of them.`);
  return words.filter((one) => one.start < end && one.end > start);
}

function wordsLike(words: Words, word: string, language: string | null): Words {
  const forms = formsOfWord(word, language);
  if (forms.length === 0) throw fault("sense.word", "sense.word holds white space only.");
  const [at] = wordRuns(
    words.map(({ text }) => text),
    forms,
    makeFormOf(language),
  );
  if (at === undefined) throw fault("sense.word", "The text does not hold this word in any of its forms.");
  return words.slice(at, at + forms.length);
}

function fault(field: string, message: string): PolysemeError {
  return new PolysemeError("invalid", message, { details: { field } });
}
