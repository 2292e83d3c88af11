/** A question of the length that people ask. */
const MOST_CHARACTERS = 200;

/** What a document is asked for by: its title, else the first sentence of a chunk. */
export function queryOf({ title, text }: { readonly title: string | null; readonly text: string }): string {
  const named = title?.trim() ?? "";
  if (named !== "") return cut(named);
  const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(
    text.trim().slice(0, 4 * MOST_CHARACTERS),
  );
  const [first] = sentences;
  return cut(first?.segment.trim() ?? text.trim());
}

function cut(text: string): string {
  return text.slice(0, MOST_CHARACTERS).toWellFormed();
}

/** Share of the documents that both answers have, in the longer of them; 1 when both are empty. */
export function overlapOf(one: readonly string[], other: readonly string[]): number {
  const longest = Math.max(one.length, other.length);
  if (longest === 0) return 1;
  const ids = new Set(other);
  return one.filter((id) => ids.has(id)).length / longest;
}
