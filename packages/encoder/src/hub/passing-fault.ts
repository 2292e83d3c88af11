import { pause } from "@polyseme/core";

/** Something that another try may mend: a cut connection, a server that is busy. */
export class PassingFault extends Error {
  /** How long the server wants to be left alone; undefined: it did not say. */
  readonly waitMs: number | undefined;

  constructor(message: string, options: { readonly waitMs?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.waitMs = options.waitMs;
  }
}

export interface RetryOptions {
  readonly signal: AbortSignal;
  /** The first pause; each later one is twice as long, up to thirty times. */
  readonly retryMs: number;
  /** True when the last try got on so far that the count of tries begins again. */
  readonly gotOn?: () => boolean;
}

/** With pauses of 1, 2, 4, 8 and 16 s that is half a minute. */
const TRIES = 6;
const LONGEST_PAUSE = 30;
/** Who wants to be left alone for longer is not waited for. */
const LONGEST_WAIT_MS = 120_000;

/**
 * The work's outcome, tried again while its faults are passing ones.
 * @throws PassingFault the last one, when no try is left; the signal's reason when it is aborted; else what the work throws
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  { signal, retryMs, gotOn = () => false }: RetryOptions,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PassingFault)) throw error;
      if (gotOn()) tries = 1;
      if (tries >= TRIES || (error.waitMs ?? 0) > LONGEST_WAIT_MS) throw error;
      // Half of it by chance, so that many who were cut at once do not come back at once.
      const usual = retryMs * Math.min(LONGEST_PAUSE, 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
      await pause(Math.max(usual, error.waitMs ?? 0), signal);
    }
  }
}
