import { createReadStream, createWriteStream } from "node:fs";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";

/**
 * Writes lines into a file that is not there yet, or over one that is. Holds what the disk has not taken.
 * @throws the system's error; what was written stays
 */
export async function writeLineFile(
  path: string,
  lines: AsyncIterable<string>,
  { gzip, signal }: { readonly gzip: boolean; readonly signal: AbortSignal },
): Promise<void> {
  await writeLines(createWriteStream(path), lines, { gzip, signal });
}

/** The same on a stream, which is ended after the last line, unless it is one that others write on. */
export async function writeLines(
  target: Writable,
  lines: AsyncIterable<string>,
  options: { readonly gzip: boolean; readonly signal: AbortSignal; readonly end?: boolean },
): Promise<void> {
  const { gzip, signal, end = true } = options;
  const source = Readable.from(withNewlines(lines), { objectMode: false });
  await (gzip ? pipeline(source, createGzip(), target, { signal, end }) : pipeline(source, target, { signal, end }));
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/**
 * The lines of a file, one at a time.
 * @throws the system's error, or that of a file that is no gzip or is cut
 */
export async function* readLineFile(path: string, { gzip }: { readonly gzip: boolean }): AsyncGenerator<string> {
  const file = createReadStream(path);
  const source: Readable = gzip ? file.pipe(createGunzip()) : file;
  file.on("error", (error) => source.destroy(error));
  yield* linesIn(source);
}

/** Not readline: that one also splits at U+2028, which JSON allows inside strings. */
export async function* linesIn(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const part of bytes) {
    const [first = "", ...others] = decoder.decode(part, { stream: true }).split("\n");
    const next = others.pop();
    if (next === undefined) rest += first;
    else {
      yield rest + first;
      yield* others;
      rest = next;
    }
  }
  if (rest !== "") yield rest;
}
