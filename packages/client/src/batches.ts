/** Documents of one request, as NDJSON. */
export interface Batch {
  /** Place in the push of the first one. */
  readonly firstIndex: number;
  readonly documents: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface BatchLimits {
  readonly documents: number;
  readonly bytes: number;
}

/** Large enough that the round trip does not count, small enough that several clients fit a server's memory. */
export const DEFAULT_BATCH: BatchLimits = { documents: 500, bytes: 4 * 1024 * 1024 };

/** Cuts documents into requests; holds one at a time. A document larger than the limit goes alone. */
export async function* batches(
  documents: Iterable<unknown> | AsyncIterable<unknown>,
  limits: BatchLimits = DEFAULT_BATCH,
): AsyncGenerator<Batch> {
  const encoder = new TextEncoder();
  let lines: Uint8Array[] = [];
  let bytes = 0;
  let firstIndex = 0;

  const take = (): Batch => {
    const batch = { firstIndex, documents: lines.length, bytes: concat(lines, bytes) };
    firstIndex += lines.length;
    lines = [];
    bytes = 0;
    return batch;
  };

  for await (const document of documents) {
    // What JSON cannot say (undefined, a function) becomes null: the server rejects it in its place.
    const line = encoder.encode(`${(JSON.stringify(document) as string | undefined) ?? "null"}\n`);
    if (lines.length > 0 && bytes + line.length > limits.bytes) yield take();
    lines.push(line);
    bytes += line.length;
    if (lines.length >= limits.documents) yield take();
  }
  if (lines.length > 0) yield take();
}

function concat(parts: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
