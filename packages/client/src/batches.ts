/** Documents of one request, as NDJSON. */
export interface Batch {
  /** Place in the push of the first one. */
  readonly firstIndex: number;
  readonly documents: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ids: ReadonlySet<string>;
}

export interface BatchLimits {
  readonly documents: number;
  readonly bytes: number;
}

/** So large that a request's beginning and end do not count, small enough that several clients fit a server's memory. */
export const DEFAULT_BATCH: BatchLimits = { documents: 5_000, bytes: 4 * 1024 * 1024 };

/** Of the first buffer; it doubles while its batch grows. */
const FIRST_BYTES = 64 * 1024;
/** What one UTF-16 unit takes at the most in UTF-8. */
const BYTES_A_UNIT = 3;

/** Cuts documents into requests; holds one at a time. A document larger than the limit goes alone. */
export async function* batches(
  documents: Iterable<unknown> | AsyncIterable<unknown>,
  limits: BatchLimits = DEFAULT_BATCH,
): AsyncGenerator<Batch> {
  let firstIndex = 0;
  let lines = new Lines(FIRST_BYTES);
  const take = (): Batch => {
    const batch = { firstIndex, documents: lines.count, bytes: lines.bytes(), ids: lines.ids };
    firstIndex += lines.count;
    // The next one is likely as large.
    lines = new Lines(batch.bytes.length);
    return batch;
  };
  for await (const document of documents) {
    // What JSON cannot say (undefined, a function) becomes null: the server rejects it in its place.
    const line = (JSON.stringify(document) as string | undefined) ?? "null";
    const before = lines.length;
    lines.add(line);
    if (before > 0 && lines.length > limits.bytes) {
      lines.removeFrom(before);
      yield take();
      lines.add(line);
    }
    const id: unknown = (document as { id?: unknown } | null | undefined)?.id;
    if (typeof id === "string") lines.ids.add(id);
    if (lines.count >= limits.documents) yield take();
  }
  if (lines.count > 0) yield take();
}

/** NDJSON that grows in one buffer: an array of a buffer a line would cost more than the lines. */
class Lines {
  readonly ids = new Set<string>();
  readonly #encoder = new TextEncoder();
  #buffer: Uint8Array<ArrayBuffer>;
  #count = 0;
  #length = 0;

  constructor(bytes: number) {
    this.#buffer = new Uint8Array(Math.max(bytes, FIRST_BYTES));
  }

  get count(): number {
    return this.#count;
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  add(line: string): void {
    const most = this.#length + line.length * BYTES_A_UNIT + 1;
    if (most > this.#buffer.length) this.#grow(most);
    const { written } = this.#encoder.encodeInto(line, this.#buffer.subarray(this.#length));
    this.#buffer[this.#length + written] = 10;
    this.#length += written + 1;
    this.#count += 1;
  }

  /** Takes back the line that begins at this byte, the last one. */
  removeFrom(byte: number): void {
    this.#length = byte;
    this.#count -= 1;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
