import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextPollMs } from "./watch-ticket.ts";

const cheap = { costMs: 0.5 };

describe("the time until a ticket is read again", () => {
  test("grows while nothing is settled, up to a fifth of a second", () => {
    let waitMs = 10;
    const waits = Array.from({ length: 12 }, () => {
      waitMs = nextPollMs({ ...cheap, waitMs, elapsedMs: waitMs, settled: 0, pending: 10 });
      return waitMs;
    });
    expect(waits[0]).toBe(15);
    expect(waits.at(-1)).toBe(200);
  });

  test("is half of what is left at the pace seen, so that the end is noticed soon", () => {
    expect(nextPollMs({ ...cheap, waitMs: 500, elapsedMs: 1_000, settled: 100, pending: 20 })).toBe(100);
    expect(nextPollMs({ ...cheap, waitMs: 100, elapsedMs: 100, settled: 10, pending: 10 })).toBe(50);
    expect(nextPollMs({ ...cheap, waitMs: 500, elapsedMs: 1_000, settled: 100, pending: 1 })).toBe(12.5);
  });

  test("is a multiple of what a reading takes at least, however near the end is, a larger one while much is pending", () => {
    expect(nextPollMs({ waitMs: 500, elapsedMs: 1_000, settled: 100, pending: 1, costMs: 30 })).toBe(750);
    expect(nextPollMs({ waitMs: 500, elapsedMs: 1_000, settled: 100, pending: 65, costMs: 30 })).toBe(1_500);
  });

  test("the end of a steady load is seen within 50 ms or the time of one document, with few readings", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 60_000 }), fc.integer({ min: 1, max: 5_000 }), (totalMs, documents) => {
        const pendingAt = (ms: number): number => Math.max(0, documents - Math.floor((documents * ms) / totalMs));
        let [nowMs, waitMs, pending, settled, readings] = [0, 10 / 1.5, documents, 0, 1];
        while (pending > 0) {
          waitMs = nextPollMs({ ...cheap, waitMs, elapsedMs: waitMs, settled, pending });
          nowMs += waitMs;
          settled = pending - pendingAt(nowMs);
          pending = pendingAt(nowMs);
          readings += 1;
        }
        expect(nowMs - totalMs).toBeLessThanOrEqual(Math.max(50, totalMs / documents));
        expect(readings).toBeLessThan(60 + totalMs / 20);
      }),
    );
  });
});
