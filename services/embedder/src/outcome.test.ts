import { ERROR_CODES, PolysemeError, type ErrorCode } from "@polyseme/core";
import { describe, expect, test } from "vitest";
import { decideOutcome, MAX_ATTEMPTS } from "./outcome.ts";

const codesThat = (retry: string): ErrorCode[] =>
  (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code].retry === retry);
const outcomes = (code: ErrorCode, attempts: readonly number[]) =>
  attempts.map((runs) => decideOutcome(new PolysemeError(code, "x"), runs));

describe("a run that failed", () => {
  test.each(codesThat("never"))("of %s fails the document at once", (code) => {
    expect(outcomes(code, [1, 2, 100])).toEqual(Array(3).fill({ kind: "fail" }));
  });

  test.each(codesThat("wait"))("of %s is tried again for as long as it takes, and no attempt is spent", (code) => {
    expect(outcomes(code, [1, 5, 1_000])).toEqual(
      Array(3).fill({ kind: "retry", afterMs: 3_000, countsAsAttempt: false }),
    );
  });

  test.each(codesThat("backoff"))("of %s is tried four times more, each twice as late, and then fails", (code) => {
    expect(MAX_ATTEMPTS).toBe(5);
    const retry = (afterMs: number) => ({ kind: "retry", afterMs, countsAsAttempt: true });
    expect(outcomes(code, [1, 2, 3, 4, 5, 6])).toEqual([
      ...[1_000, 2_000, 4_000, 8_000].map(retry),
      { kind: "fail" },
      { kind: "fail" },
    ]);
  });
});
