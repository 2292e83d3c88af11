import { isUtf8 } from "node:buffer";

/** A line of the stream, or the news that one was skipped: too long, or no UTF-8 (it would be stored garbled). */
export type NdjsonLine =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "too_long"; readonly bytes: number }
  | { readonly kind: "not_utf8" };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits a byte stream at newlines. Holds at most one line: a longer one than `maxLineBytes` is counted to its end and
 * reported, and the next one is read as usual. Blank lines are left out; the last line needs no newline.
 */
export async function* ndjsonLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<NdjsonLine> {
  let parts: Uint8Array[] = [];
  let bytes = 0;

  const finish = (): NdjsonLine | undefined => {
    const line: NdjsonLine | undefined =
      bytes > maxLineBytes ? { kind: "too_long", bytes } : asLine(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    parts = [];
    bytes = 0;
    return line;
  };

  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes > maxLineBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      const line = finish();
      if (line !== undefined) yield line;
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  const last = finish();
  if (last !== undefined) yield last;
}

function asLine(bytes: Uint8Array | undefined): NdjsonLine | undefined {
  if (bytes === undefined) return undefined;
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, end);
  if (!isUtf8(line)) return { kind: "not_utf8" };
  // Some programs put a byte order mark before the first line.
  const text = line.toString("utf8").replace(/^\uFEFF/, "");
  return text.trim() === "" ? undefined : { kind: "line", text };
}
