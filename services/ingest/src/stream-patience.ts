import { pause } from "@polyseme/core";
import { tooSlow } from "@polyseme/http";

/** A stream that gives this much, or the end of a line, goes on. */
const PROGRESS_BYTES = 16 * 1024;
/** Waited for a stream in all, since it last went on. */
const PATIENCE_MS = 30_000;
const NEWLINE = 0x0a;

/**
 * The same stream, given up when it stands or drips: a document's end or 16 KiB must come within 30 s of waiting for it.
 * Time in which nobody asks for more (Postgres is slow) is not the caller's and is not counted.
 * @throws PolysemeError `too_slow` to whoever reads
 */
export async function* withPatience(
  chunks: AsyncIterable<Uint8Array>,
  patienceMs = PATIENCE_MS,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  let waitedMs = 0;
  let bytes = 0;
  let isWaiting = false;
  try {
    for (;;) {
      const askedAtMs = performance.now();
      isWaiting = true;
      const next = await within(source.next(), patienceMs - waitedMs);
      if (next === undefined) throw tooSlow(patienceMs);
      isWaiting = false;
      if (next.done === true) return;
      waitedMs += performance.now() - askedAtMs;
      bytes += next.value.length;
      if (bytes >= PROGRESS_BYTES || next.value.includes(NEWLINE)) {
        waitedMs = 0;
        bytes = 0;
      }
      yield next.value;
    }
  } finally {
    const closed = source.return?.();
    // One that is still waited for ends only with its connection, which is closed after the answer.
    if (isWaiting) closed?.catch(() => undefined);
    else await closed;
  }
}

/** What comes, or undefined when it took too long; its later failure is then nobody's. */
async function within<T>(coming: Promise<T>, ms: number): Promise<T | undefined> {
  const done = new AbortController();
  try {
    return await Promise.race([coming, pause(ms, done.signal).then(() => undefined)]);
  } finally {
    done.abort();
    coming.catch(() => undefined);
  }
}
