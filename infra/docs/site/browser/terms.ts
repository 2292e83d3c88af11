/** Chinese, Japanese and Korean are written without spaces: two characters beside each other stand for a word. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;
const WORD = /[\p{L}\p{N}_]+/gu;

/** The terms of a text, as they are indexed and looked for. */
export function termsOf(text: string): string[] {
  const lower = text.toLowerCase();
  const pairs = [...lower.matchAll(UNSPACED)].flatMap(([run]) => {
    const characters = [...run];
    if (characters.length === 1) return characters;
    return characters.slice(1).map((character, i) => `${characters[i] ?? ""}${character}`);
  });
  const words = lower.replaceAll(UNSPACED, " ").match(WORD) ?? [];
  return [...words, ...pairs];
}

/** What is indexed of a section, and what is kept of it to be shown. */
export const SEARCH_OPTIONS = {
  fields: ["page", "heading", "text"],
  storeFields: ["page", "heading"],
  tokenize: termsOf,
  searchOptions: { boost: { page: 3, heading: 4 }, prefix: true, combineWith: "AND" as const },
};
