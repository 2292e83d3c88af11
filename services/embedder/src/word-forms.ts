import type { TokenUnits } from "@polyseme/core";
import { isWord } from "@polyseme/words";

/**
 * The forms of the words among the units, each once, a space between two. All of a word's must be in a chunk that holds it:
 * NFKC makes a few signs into two words with a space between, which are kept as two.
 * @param text what the units' offsets count in
 * @param formOf gives a word's form; see `makeFormOf`
 */
export function formsOf(
  text: string,
  units: Pick<TokenUnits, "starts" | "ends">,
  formOf: (word: string) => string,
): string {
  const forms = new Set<string>();
  for (let i = 0; i < units.starts.length; i += 1) {
    const word = text.slice(units.starts[i], units.ends[i]);
    // Kept as one text with spaces between, in which a word with a space would be two.
    if (isWord(word)) for (const form of formOf(word).split(/\s+/)) forms.add(form);
  }
  forms.delete("");
  return [...forms].join(" ");
}
