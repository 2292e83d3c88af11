import type { TokenUnits } from "@polyseme/core";
import { makeFormsOf } from "@polyseme/words";

/**
 * The forms of the words among the units, each once, a space between two.
 * @param text what the units' offsets count in
 * @param formsOf gives a word's forms; see `makeFormsOf`
 */
export function formsOfUnits(
  text: string,
  { starts, ends }: Pick<TokenUnits, "starts" | "ends">,
  formsOf: (word: string) => readonly string[],
): string {
  const forms = new Set<string>();
  for (let i = 0; i < starts.length; i += 1)
    for (const form of formsOf(text.slice(starts[i], ends[i]))) forms.add(form);
  return [...forms].join(" ");
}

/** Gives the forms of a word in a language; null: unknown. */
export type FormsByLanguage = (language: string | null) => (word: string) => readonly string[];

/** Each has some megabytes of words. */
const MOST_LANGUAGES = 8;

/** What `makeFormsOf` gives, kept for the documents of all collections of a language. */
export function makeFormsByLanguage(): FormsByLanguage {
  const known = new Map<string | null, (word: string) => readonly string[]>();
  return (language) => {
    let formsOf = known.get(language);
    if (formsOf === undefined) {
      if (known.size >= MOST_LANGUAGES) known.clear();
      known.set(language, (formsOf = makeFormsOf(language)));
    }
    return formsOf;
  };
}
