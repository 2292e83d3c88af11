import type { FileHandle } from "node:fs/promises";

/** All bytes, or undefined for more than allowed. What the file system says of the size is not relied on: files grow. */
export async function readBounded(file: FileHandle, maxBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Undefined for what is not UTF-8. Takes off a byte order mark. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
