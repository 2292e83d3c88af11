/** How far back a better end is looked for. */
const LOOK_BACK = 1_024;

/**
 * Where a window of about `size` UTF-16 units that begins at `from` ends: behind the last white space near its end, so that
 * no word is cut and a tokenizer sees in the window what it would see in the whole text; without one, not inside a
 * surrogate pair. Always past `from`.
 */
export function windowEnd(text: string, from: number, size: number): number {
  const end = from + size;
  if (end >= text.length) return text.length;
  for (let at = end; at > Math.max(from, end - LOOK_BACK); at -= 1) if (/\s/.test(text.charAt(at - 1))) return at;
  const inPair = /[\uDC00-\uDFFF]/.test(text.charAt(end)) && /[\uD800-\uDBFF]/.test(text.charAt(end - 1));
  return inPair ? end + 1 : end;
}
