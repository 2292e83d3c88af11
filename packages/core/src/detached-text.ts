/** What V8 copies when it is cut out of a longer text; more becomes a view. */
const COPIED_UNITS = 12;

/**
 * The same text for whoever keeps it long: a part that is cut out of a text is a view of it, and keeps the whole of it in
 * memory.
 */
export function detachedText(part: string): string {
  return part.length <= COPIED_UNITS ? part : Buffer.from(part, "utf16le").toString("utf16le");
}
