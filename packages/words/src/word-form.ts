import { detachedText } from "@polyseme/core";
import { isWord } from "./text-words.ts";
import { primaryTag, stemmerOf } from "./stemmers.ts";

/** `Apple's` and `dogs'` are uses of their words; the English stemmer leaves these endings on. */
const ENGLISH_POSSESSIVE = /(?<=\p{L})['’](?:s)?$/u;
const ASCII_WORD = /^[a-z]+(?:['’][a-z]*)?$/;

/**
 * The form under which a word is found again, whatever its case, its writing (NFKC) and its ending: stemmed by the
 * language's Snowball stemmer, and left whole in a language that has none here. In a collection without a language, words
 * of ASCII letters are taken for English and all others are left whole, so `apple` finds `Apples` and `Apple's`.
 * @param language a tag such as `en` or `pt-BR`; null: unknown
 */
export function wordForm(word: string, language: string | null): string {
  const lower = word.normalize("NFKC").toLowerCase();
  const isEnglish = language === null ? ASCII_WORD.test(lower) : primaryTag(language) === "en";
  const stem = isEnglish ? stemmerOf("en") : stemmerOf(language ?? "");
  if (stem === undefined) return lower;
  const whole = isEnglish ? lower.replace(ENGLISH_POSSESSIVE, "") : lower;
  const form = stem(whole);
  return form === "" ? whole : form;
}

/**
 * A word's form as a collection keeps it: NFKC makes a few signs into two words with a space between, which are kept as
 * two. All of them must be in a chunk that holds the word.
 */
export function wordForms(word: string, language: string | null): string[] {
  return wordForm(word, language)
    .split(/\s+/)
    .filter((form) => form !== "");
}

/**
 * `wordForm` for the words of many texts: texts repeat their words, and a stemmer is slower than a look-up.
 * @param language as `wordForm` takes it
 */
export function makeFormOf(language: string | null): (word: string) => string {
  return remembering((word) => wordForm(word, language));
}

/** `wordForms` for the words of many texts; a sign has none. */
export function makeFormsOf(language: string | null): (word: string) => readonly string[] {
  return remembering((word) => (isWord(word) ? wordForms(word, language) : []));
}

/** Some megabytes. */
const MOST_KNOWN = 50_000;

/** Begins anew when the words are too many: rare ones are most of them, and come back rarely. */
function remembering<T>(answerOf: (word: string) => T): (word: string) => T {
  const known = new Map<string, T>();
  return (word) => {
    let answer = known.get(word);
    if (answer === undefined) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(detachedText(word), (answer = answerOf(word)));
    }
    return answer;
  };
}
