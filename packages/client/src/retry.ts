import { PolysemeRequestError } from "./errors.ts";

export interface RetryPolicy {
  /** Tries in all against a server that is away or answers 503. */
  readonly attempts: number;
  /** Tries in all against 429: nothing is wrong there, the queue is full and takes its time. */
  readonly overloadedAttempts: number;
  /** First pause; each later one is twice as long, up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** About a minute of trying against an absent server; a quarter of an hour against a full queue, or more where it asks for more. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 8,
  overloadedAttempts: 90,
  firstPauseMs: 250,
  longestPauseMs: 10_000,
};

/** The longest that a server's Retry-After is believed. */
const LONGEST_RETRY_AFTER_MS = 300_000;
/** Of the time asked for, what is added at the most: clients that were told the same do not come back together. */
const SPREAD = 0.1;

/**
 * How long to pause before the next try after `failures` tries failed, the last with `error`; undefined: give up.
 * @param options.repeatable false when a request whose answer was lost must not be sent again
 * @param options.random 0 to 1; spreads clients that were refused together
 */
export function pauseBeforeRetry(
  error: unknown,
  options: { policy: RetryPolicy; failures: number; repeatable: boolean; random: number },
): number | undefined {
  if (!(error instanceof PolysemeRequestError)) return undefined;
  const { policy, failures, repeatable, random } = options;
  const overloaded = error.status === 429;
  const away = error.status === 503 || (error.status === 0 && repeatable);
  if (!overloaded && !away) return undefined;
  if (failures >= (overloaded ? policy.overloadedAttempts : policy.attempts)) return undefined;
  const backoffMs = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (failures - 1));
  const askedMs = Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  return Math.max(askedMs * (1 + random * SPREAD), backoffMs * (0.5 + random / 2));
}

/** Resolves after `ms`. @throws the signal's reason when it is aborted first */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
