import { fromBuffer, type Entry, type ZipFile } from "yauzl";
import { UnreadableError } from "./file-text.ts";

export interface ZipBounds {
  readonly entries: number;
  /** Of all entries together, unpacked. */
  readonly bytes: number;
}

/**
 * Unpacks an archive into nowhere and counts: what its directory says of sizes is not relied on. Holds no more than a
 * part of one entry.
 * @throws UnreadableError for what is no archive or passes a bound
 */
export async function checkZip(bytes: Uint8Array, bounds: ZipBounds): Promise<void> {
  const zip = await open(bytes);
  if (zip.entryCount > bounds.entries) throw tooLarge(`more than ${bounds.entries} parts`);
  let unpacked = 0;
  try {
    for await (const entry of entriesOf(zip)) {
      if (unpacked + entry.uncompressedSize > bounds.bytes) throw tooLarge(sizeOf(bounds));
      for await (const part of await streamOf(zip, entry)) {
        unpacked += part.length;
        if (unpacked > bounds.bytes) throw tooLarge(sizeOf(bounds));
      }
    }
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    throw noArchive(error);
  } finally {
    zip.close();
  }
}

function open(bytes: Uint8Array): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    fromBuffer(buffer, { lazyEntries: true, validateEntrySizes: true }, (error, zip) => {
      if (error === null) resolve(zip);
      else reject(noArchive(error));
    });
  });
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  for (let left = zip.entryCount; left > 0; left -= 1) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      zip
        .removeAllListeners()
        .once("entry", resolve)
        .once("end", () => {
          resolve(undefined);
        })
        .once("error", reject);
      zip.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

function streamOf(zip: ZipFile, entry: Entry): Promise<AsyncIterable<Uint8Array>> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error === null) resolve(stream);
      else reject(error);
    });
  });
}

function sizeOf({ bytes }: ZipBounds): string {
  return `more than ${bytes / 1024 ** 2} MiB when it is unpacked`;
}

function tooLarge(what: string): UnreadableError {
  return new UnreadableError("too_large", `The file has ${what}.`);
}

function noArchive(error: unknown): UnreadableError {
  return new UnreadableError(
    "invalid",
    `The file is no archive that can be read: ${error instanceof Error ? error.message : String(error)}`,
  );
}
