import type { BenchContext } from "../context.ts";
import { corporaIn, readCorpus } from "../texts.ts";

/** A document as one line of JSON of a fixed length, whose id is written over in place. */
export interface LineTemplate {
  readonly line: Buffer;
}

const ID_AT = '{"id":"'.length;
const ID_DIGITS = 10;
/** Different texts; after them they come again under other ids. */
const TEXTS = 512;

/**
 * Documents of exactly so many bytes of JSON, their texts cut from real pages.
 * @param spread each line's length is drawn evenly from `[bytes - spread, bytes]`, by a fixed sequence
 */
export function lineTemplates(
  { sharedDir }: Pick<BenchContext, "sharedDir">,
  bytes: number,
  spread = 0,
): LineTemplate[] {
  const [corpus = "sample"] = corporaIn(sharedDir);
  // One byte a character, so that a cut never falls into one.
  const pages = readCorpus(sharedDir, corpus, TEXTS).map(({ text }) => text.replace(/[^\n -~]/g, "?"));
  const all = pages.join("\n");
  return pages.map((page, index) => {
    const length = bytes - (spread === 0 ? 0 : (index * 7919) % (spread + 1));
    const source = page.length >= length ? page : page + all.slice(index * 997, index * 997 + length);
    return { line: lineOf(source, length) };
  });
}

function lineOf(source: string, length: number): Buffer {
  const around = JSON.stringify({ id: "0".repeat(ID_DIGITS), text: "" }).length;
  let text = source.slice(0, length - around);
  // Quotes and line ends take two bytes each in JSON.
  while (JSON.stringify(text).length - 2 > length - around) text = text.slice(0, -1);
  text = text.padEnd(text.length + length - around - (JSON.stringify(text).length - 2), ".");
  return Buffer.from(JSON.stringify({ id: "0".repeat(ID_DIGITS), text }));
}

/** The document's line under this number's id, in a buffer of its own. */
export function lineWithId(template: LineTemplate, number: number): Buffer {
  const copy = Buffer.from(template.line);
  copy.write(String(number).padStart(ID_DIGITS, "0"), ID_AT, "latin1");
  return copy;
}

export function templateOf(templates: readonly LineTemplate[], number: number): LineTemplate {
  const found = templates[number % templates.length];
  if (found === undefined) throw new Error("There are no texts to make documents of");
  return found;
}

export function ndjsonBytes(templates: readonly LineTemplate[], count: number): number {
  let bytes = 0;
  for (let i = 0; i < count; i += 1) bytes += templateOf(templates, i).line.length + 1;
  return bytes;
}

/** Most bytes of one buffer that is sent. */
const CHUNK_BYTES = 256 * 1024;

/** So many documents with the ids 0, 1, 2, ... as NDJSON, made as they are read. */
export function* ndjsonChunks(templates: readonly LineTemplate[], count: number): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = 0;
  for (let i = 0; i < count; i += 1) {
    const { line } = templateOf(templates, i);
    if (used + line.length + 1 > CHUNK_BYTES) {
      yield chunk.subarray(0, used);
      // The one before is still on its way out.
      chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      used = 0;
    }
    line.copy(chunk, used);
    chunk.write(String(i).padStart(ID_DIGITS, "0"), used + ID_AT, "latin1");
    chunk[used + line.length] = 10;
    used += line.length + 1;
  }
  yield chunk.subarray(0, used);
}
