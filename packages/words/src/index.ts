export { makeFormOf, makeFormsOf, wordForm, wordForms } from "./word-form.ts";
export { isWord, wordRuns, wordsOf, type TextWord } from "./text-words.ts";
export { stemmerOf } from "./stemmers.ts";
