import type { PolysemeError } from "@polyseme/core";

/** What becomes of a document whose run failed. */
export type RunOutcome =
  { readonly kind: "fail" } | { readonly kind: "retry"; readonly afterMs: number; readonly countsAsAttempt: boolean };

export const MAX_ATTEMPTS = 5;
const WAIT_MS = 3_000;
const FIRST_BACKOFF_MS = 1_000;

/** The retry decision, from the error's code and the runs so far (this one counted). */
export function decideOutcome(error: PolysemeError, attempts: number): RunOutcome {
  switch (error.retry) {
    case "never":
      return { kind: "fail" };
    case "wait":
      return { kind: "retry", afterMs: WAIT_MS, countsAsAttempt: false };
    case "backoff":
      return attempts >= MAX_ATTEMPTS
        ? { kind: "fail" }
        : { kind: "retry", afterMs: FIRST_BACKOFF_MS * 2 ** (attempts - 1), countsAsAttempt: true };
    default:
      throw new Error(`Unknown retry policy ${String(error.retry satisfies never)}`);
  }
}
