import { isRecord, messageOf } from "@polyseme/core";
import type { SourceItem } from "./source.ts";

/** Room for the longest document, escaped. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const NEWLINE = 0x0a;

/** A document a line; blank lines are left out. Holds one line at a time. */
export async function* readNdjson(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<SourceItem> {
  let number = 0;
  for await (const bytes of splitLines(chunks)) {
    number += 1;
    const item = parseLine(bytes, `${name}:${number}`);
    if (item !== undefined) yield item;
  }
}

/** Not readline: that one also splits at U+2028, which JSON allows inside strings. */
async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | "too long"> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes > MAX_LINE_BYTES) parts = [];
    else parts.push(part);
  };
  const finish = (): Uint8Array | "too long" => {
    const line = bytes > MAX_LINE_BYTES ? "too long" : Buffer.concat(parts);
    parts = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  if (bytes > 0) yield finish();
}

function parseLine(bytes: Uint8Array | "too long", origin: string): SourceItem | undefined {
  const problem = (code: string, message: string): SourceItem => ({ problem: { origin, code, message } });
  if (bytes === "too long")
    return problem(
      "too_large",
      `The line has more than ${MAX_LINE_BYTES} bytes. Split the text into several documents.`,
    );
  try {
    // Takes off a byte order mark, too.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.trim() === "") return undefined;
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) return problem("invalid", "A document must be a JSON object.");
    return { document: value, origin };
  } catch (error) {
    const reason = error instanceof SyntaxError ? `is not JSON: ${messageOf(error)}` : "is not UTF-8.";
    return problem("invalid", `The line ${reason}`);
  }
}
