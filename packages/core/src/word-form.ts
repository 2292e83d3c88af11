/**
 * The form under which a word is found again, whatever its case and writing.
 * @param _language a language tag such as `en`; null: unknown
 */
export function wordForm(word: string, _language: string | null): string {
  return word.normalize("NFKC").toLowerCase();
}
