import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overlapOf, planWindows } from "./late-windows.ts";

const counts = fc.integer({ min: 1, max: 5_000 });
const payloads = fc.integer({ min: 1, max: 600 });

describe("the windows of any document", () => {
  test("keep every token exactly once, in order, and hold what they keep", () => {
    fc.assert(
      fc.property(counts, payloads, (count, payload) => {
        let kept = 0;
        for (const { first, end, keptFrom, keptEnd } of planWindows(count, payload)) {
          expect(keptFrom).toBe(kept);
          expect(keptEnd).toBeGreaterThan(keptFrom);
          expect(first).toBeLessThanOrEqual(keptFrom);
          expect(end).toBeGreaterThanOrEqual(keptEnd);
          kept = keptEnd;
        }
        expect(kept).toBe(count);
      }),
      { numRuns: 1_000 },
    );
  });

  test("are never larger than the model takes, as few as can be, and equal but for one token", () => {
    fc.assert(
      fc.property(counts, payloads, (count, payload) => {
        const lengths = planWindows(count, payload).map(({ first, end }) => end - first);
        const overlap = overlapOf(payload);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(payload);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
        // One fewer would leave tokens out.
        expect(count <= payload || (lengths.length - 1) * (payload - overlap) + overlap < count).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("show every kept token half of the overlap at an inner edge, and the document's edge else", () => {
    fc.assert(
      fc.property(counts, payloads, (count, payload) => {
        for (const { first, end, keptFrom, keptEnd } of planWindows(count, payload)) {
          expect(first === 0 || keptFrom - first === overlapOf(payload) / 2).toBe(true);
          expect(end === count || end - keptEnd === overlapOf(payload) / 2).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test("the overlap is 128 tokens, at most a quarter of a window, and even", () => {
  expect([510, 254, 510 * 4, 6].map(overlapOf)).toEqual([126, 62, 128, 0]);
});

test("a document that fits is one window, and one without tokens none", () => {
  expect(planWindows(254, 254)).toEqual([{ first: 0, end: 254, keptFrom: 0, keptEnd: 254 }]);
  expect(planWindows(255, 254)).toHaveLength(2);
  expect(planWindows(0, 254)).toEqual([]);
});
