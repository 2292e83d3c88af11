import { asPolysemeError, entryBeside, PolysemeError, type Log } from "@polyseme/core";
import type { EmbeddedChunk } from "@polyseme/store";
import { ChildDied, startChild, type ChildOptions, type QuarantineChild } from "./child.ts";
import type { QuarantineSettings, SuspectText } from "./protocol.ts";

/**
 * Encodes documents that may end the process which encodes them, in a process of their own: one at a time, the others
 * wait. The process is started for the first of them and closed when none came for a while.
 */
export interface Quarantine {
  /**
   * The chunks of a document as the encoder of this process would give them.
   * @throws PolysemeError `encoder_crashed` when the document ended two processes; `model_unavailable` when one ended
   * before it had opened the model; `overloaded` when too many wait; else as the encoder does. The signal's reason when
   * it is aborted
   */
  embed(suspect: SuspectText, signal: AbortSignal): Promise<EmbeddedChunk[]>;
  /** Takes no more and resolves when the process is gone. */
  close(): Promise<void>;
}

export interface QuarantineOptions {
  readonly settings: QuarantineSettings;
  readonly log: Log;
  /** Another process's entry and shorter times only in tests. */
  readonly child?: Partial<ChildOptions>;
  readonly idleMs?: number;
}

/** All the documents of a batch may come at once when their thread died. Each is a text in memory. */
const MOST_WAITING = 256;
/** Whatever ends processes on this machine may have ended the first one. */
const DEATHS_TO_BLAME = 2;
/** A model takes some seconds to open, its weights as long as the disk takes. */
const OPEN_MS = 120_000;
const CHUNK_MS = 60_000;
const IDLE_MS = 30_000;

export function makeQuarantine({ settings, log, child: tuning, idleMs = IDLE_MS }: QuarantineOptions): Quarantine {
  // These and no others: the whole configuration holds secrets.
  const { model, modelsDir, device, cacheDir } = settings;
  const options: ChildOptions = {
    entry: entryBeside(import.meta.url, "main"),
    openMs: OPEN_MS,
    chunkMs: CHUNK_MS,
    ...tuning,
  };
  const closing = new AbortController();
  let child: QuarantineChild | undefined;
  let idle: NodeJS.Timeout | undefined;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function embedAlone(suspect: SuspectText, signal: AbortSignal): Promise<EmbeddedChunk[]> {
    clearTimeout(idle);
    try {
      for (let deaths = 1; ; deaths += 1) {
        signal.throwIfAborted();
        if (child?.isAlive !== true) child = startChild({ model, modelsDir, device, cacheDir }, options);
        const death = await embedIn(child, suspect, signal);
        if (Array.isArray(death)) return death;
        log.error({ deaths, end: death.message }, "the quarantine process ended with a document");
        if (!death.hadBegun)
          throw new PolysemeError(
            "model_unavailable",
            `The quarantine process ${death.message} before the model "${suspect.model}" was open.`,
          );
        if (deaths === DEATHS_TO_BLAME)
          throw new PolysemeError(
            "encoder_crashed",
            `The process that encoded this document alone ${death.message}, ${DEATHS_TO_BLAME} times in a row.`,
          );
      }
    } finally {
      idle = setTimeout(() => void child?.close(), idleMs);
      idle.unref();
    }
  }

  return {
    embed(suspect, signal) {
      if (closing.signal.aborted) return Promise.reject(closing.signal.reason as Error);
      if (waiting >= MOST_WAITING)
        return Promise.reject(new PolysemeError("overloaded", `${waiting} documents wait for the quarantine already.`));
      waiting += 1;
      const until = AbortSignal.any([signal, closing.signal]);
      const alone = last
        .then(() => embedAlone(suspect, until))
        .finally(() => {
          waiting -= 1;
        });
      last = alone.catch(() => undefined);
      return alone;
    },
    async close() {
      closing.abort(new PolysemeError("unavailable", "The quarantine is closing."));
      await last;
      clearTimeout(idle);
      await child?.close();
    },
  };
}

/** The chunks, or how the child ended of it. A thread that the document ended in the child is no better than the child. */
async function embedIn(
  child: QuarantineChild,
  suspect: SuspectText,
  signal: AbortSignal,
): Promise<EmbeddedChunk[] | ChildDied> {
  try {
    return await child.embed(suspect, signal);
  } catch (error) {
    if (error instanceof ChildDied) return error;
    const known = asPolysemeError(error);
    if (known.details?.["workerDied"] === true) return new ChildDied(`lost its encoder: ${known.message}`, true);
    throw error;
  }
}
