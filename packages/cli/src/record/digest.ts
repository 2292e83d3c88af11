import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

const TEXT_CHARACTERS = 14;
const METADATA_CHARACTERS = 8;

/**
 * A short name of a document's content: 84 bits of its text and title, 48 of its metadata. The part of the text and
 * title can be made again from what the server holds; metadata comes back from there in another order.
 */
export function digestDocument(document: Readonly<Record<string, unknown>>): string {
  const metadata = JSON.stringify(document["metadata"] ?? null);
  return `${digestContent(document["text"], document["title"])}${sha256(metadata).slice(0, METADATA_CHARACTERS)}`;
}

export function digestContent(text: unknown, title: unknown): string {
  return sha256(JSON.stringify([text, title ?? null])).slice(0, TEXT_CHARACTERS);
}

/** Whether a digest is of a document with this text and title. */
export function hasContent(digest: string, text: unknown, title: unknown): boolean {
  return digest.slice(0, TEXT_CHARACTERS) === digestContent(text, title);
}

/** Of all bytes of a file, in bounded memory. */
export async function digestFile(file: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) hash.update(part);
  return hash.digest("base64url").slice(0, 22);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
