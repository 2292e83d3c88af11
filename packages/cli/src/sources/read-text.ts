import { readFile, stat } from "node:fs/promises";
import { messageOf } from "@polyseme/core";
import type { FoundFile } from "./find-files.ts";
import type { SourceItem } from "./source.ts";

/** More than any document may have, so that a video named .txt is not read into memory. */
const MAX_BYTES = 32 * 1024 * 1024;

/** One document: the whole file, its id the file's path, its title a Markdown file's first heading. */
export async function readText({ path, id }: Pick<FoundFile, "path" | "id">): Promise<SourceItem> {
  const problem = (code: string, message: string): SourceItem => ({ problem: { origin: path, id, code, message } });
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      return problem("too_large", `The file has ${size} bytes; at most ${MAX_BYTES} can be a document.`);
    const bytes = await readFile(path);
    const text = decode(bytes);
    if (text === undefined) return problem("unusable_text", "The file is not UTF-8 text. Convert it first.");
    const title = /\.(md|markdown)$/i.test(path) ? firstHeading(text) : undefined;
    return { document: { id, text, ...(title === undefined ? {} : { title }), metadata: { file: id } }, origin: path };
  } catch (error) {
    return problem("invalid", `The file cannot be read: ${messageOf(error)}`);
  }
}

/** The first `# heading` of a Markdown text. */
export function firstHeading(text: string): string | undefined {
  return /^#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$/m.exec(text)?.[1];
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
