import { describe, expect, it } from "vitest";
import { parseRetryAfter, PolysemeRequestError } from "./errors.ts";
import { DEFAULT_RETRY, pauseBeforeRetry, sleep } from "./retry.ts";

function pause(error: unknown, failures: number, { repeatable = true, random = 1 } = {}): number | undefined {
  return pauseBeforeRetry(error, { policy: DEFAULT_RETRY, failures, repeatable, random });
}

describe("retries", () => {
  it("doubles the pause up to the longest one", () => {
    const away = new PolysemeRequestError(503, "unavailable", "away");
    expect([1, 2, 3, 7].map((failures) => pause(away, failures))).toEqual([250, 500, 1_000, 10_000]);
    expect(pause(away, 8)).toBeUndefined();
  });

  it("waits as long as the server asks, and longer for a full queue", () => {
    const full = new PolysemeRequestError(429, "overloaded", "full", { retryAfterMs: 7_000 });
    expect(pause(full, 1, { random: 0 })).toBe(7_000);
    expect(pause(full, 1)).toBeCloseTo(7_700);
    const longest = new PolysemeRequestError(429, "overloaded", "full", { retryAfterMs: 3_600_000 });
    expect(pause(longest, 1, { random: 0 })).toBe(300_000);
    expect(pause(full, 50)).toBe(10_000);
    expect(pause(full, 90)).toBeUndefined();
  });

  it("gives up at once on what would fail again", () => {
    expect(pause(new PolysemeRequestError(400, "invalid", "no"), 1)).toBeUndefined();
    expect(pause(new PolysemeRequestError(0, "unreachable", "lost"), 1, { repeatable: false })).toBeUndefined();
    expect(pause(new PolysemeRequestError(0, "unreachable", "lost"), 1)).toBe(250);
    expect(pause(new Error("a bug"), 1)).toBeUndefined();
  });

  it("reads Retry-After in seconds and as a date", () => {
    expect(parseRetryAfter("2", 0)).toBe(2_000);
    expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:05 GMT", 1_000)).toBe(4_000);
    expect(parseRetryAfter("soon", 0)).toBeUndefined();
    expect(parseRetryAfter(null, 0)).toBeUndefined();
  });

  it("stops sleeping when told to, before and meanwhile", async () => {
    await expect(sleep(60_000, AbortSignal.abort(new Error("told")))).rejects.toThrow("told");
    const stop = new AbortController();
    const sleeping = sleep(60_000, stop.signal);
    stop.abort(new Error("told now"));
    await expect(sleeping).rejects.toThrow("told now");
  });
});
