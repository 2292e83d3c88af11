/** An answer goes into a model's context: some 6,000 tokens at most. */
export const ANSWER_CHARACTERS = 24_000;
const METADATA_CHARACTERS = 1_000;

/** The text's beginning, of `most` characters at most, and whether there is more of it. */
export function cutText(text: string, most: number): { readonly text: string; readonly cut?: true } {
  if (text.length <= most) return { text };
  // Half of a surrogate pair at the end would be no text.
  return { text: `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "")}…`, cut: true };
}

/** Metadata as they are, or the beginning of their JSON. */
export function cutMetadata(metadata: Readonly<Record<string, unknown>>): unknown {
  const json = JSON.stringify(metadata);
  return json.length <= METADATA_CHARACTERS ? metadata : cutText(json, METADATA_CHARACTERS).text;
}

/** As many of the items, from the first on, as an answer has room for; the number of the others. */
export function takeWhatFits<T>(items: readonly T[], room = ANSWER_CHARACTERS): { taken: T[]; leftOut: number } {
  const taken: T[] = [];
  let characters = 0;
  for (const item of items) {
    characters += JSON.stringify(item).length;
    if (characters > room && taken.length > 0) break;
    taken.push(item);
  }
  return { taken, leftOut: items.length - taken.length };
}
