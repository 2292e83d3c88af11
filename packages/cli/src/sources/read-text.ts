import { DOCUMENT_LIMITS, messageOf } from "@polyseme/core";
import { outlineOf, sectionsOf } from "../outline/outline.ts";
import type { FoundFile } from "./find-files.ts";
import { openFile } from "./open-file.ts";
import { decodeUtf8, readBounded } from "./read-bounded.ts";
import type { SourceItem } from "./source.ts";

/** More than any document may have, so that a video named .txt is not read into memory. */
const MAX_BYTES = 32 * 1024 * 1024;

/** One document: the whole file, its id the file's path, its title a Markdown file's first heading. */
export async function readText(found: Omit<FoundFile, "kind">): Promise<SourceItem> {
  const { path, id } = found;
  const problem = (code: string, message: string): SourceItem => ({ problem: { origin: path, id, code, message } });
  try {
    const file = await openFile(found);
    const bytes = await readBounded(file, MAX_BYTES).finally(() => file.close());
    if (bytes === undefined)
      return problem("too_large", `The file has more than ${MAX_BYTES} bytes, the most that can be a document.`);
    const text = decodeUtf8(bytes);
    if (text === undefined) return problem("unusable_text", "The file is not UTF-8 text. Convert it first.");
    const outline = await outlineOf(path.slice(path.lastIndexOf(".") + 1), text);
    const title = /\.(md|markdown|mdx)$/i.test(path) ? (outline.title ?? firstHeading(text)) : undefined;
    const parts = { ...(title === undefined ? {} : { title }), ...sectionsOf(outline) };
    return { document: { id, text, ...parts, metadata: { file: id } }, origin: path };
  } catch (error) {
    return problem("invalid", `The file cannot be read: ${messageOf(error)}`);
  }
}

/** The first `# heading` of a Markdown text; undefined when there is none that can be a title. */
export function firstHeading(text: string): string | undefined {
  for (const [, line = ""] of text.matchAll(/^#{1,6}[ \t](.*)$/gm)) {
    const heading = withoutEnd(line, " \t", "#", " \t").trim();
    if (heading !== "") return heading.length <= DOCUMENT_LIMITS.titleChars ? heading : undefined;
  }
  return undefined;
}

/** Takes signs off the end, one set after the other. A pattern would look for the end anew from every sign of a long run. */
function withoutEnd(text: string, ...sets: readonly string[]): string {
  let end = text.length;
  for (const signs of sets) while (end > 0 && signs.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
