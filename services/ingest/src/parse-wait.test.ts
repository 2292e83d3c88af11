import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_WAIT_MS, parseWait } from "./parse-wait.ts";

const refused = expect.objectContaining({ code: "invalid", details: { field: "wait" } }) as Error;

test("a duration is read in milliseconds, seconds or minutes, and a bare number is seconds", () => {
  expect(["500ms", "30s", "2m", "30", "0", "0ms", "007s"].map(parseWait)).toEqual([
    500, 30_000, 120_000, 30_000, 0, 0, 7_000,
  ]);
});

test("five minutes is the longest, however it is written", () => {
  expect(["300000ms", "300s", "5m", "300"].map(parseWait)).toEqual(Array(4).fill(MAX_WAIT_MS));
  for (const longer of ["300001ms", "301s", "6m", "301", "999999999m"])
    expect(() => parseWait(longer)).toThrow(refused);
});

test("everything else is invalid in the field wait", () => {
  const bad = [
    "",
    " ",
    "s",
    "-1",
    "+1",
    "1.5s",
    "1 s",
    " 1s",
    "1s ",
    "1S",
    "1h",
    "1sec",
    "1e2",
    "0x1",
    "1s2s",
    "1\n",
    "٣",
  ];
  for (const text of [...bad, "1".repeat(10), "NaN", "Infinity"]) expect(() => parseWait(text), text).toThrow(refused);
});

test("any text is a whole number of milliseconds within the bound, or refused", () => {
  const almost = fc.tuple(fc.integer({ min: -5, max: 400_000 }), fc.constantFrom("", "ms", "s", "m", "h"));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        almost.map(([number, unit]) => `${number}${unit}`),
      ),
      (text) => {
        let waitMs: number;
        try {
          waitMs = parseWait(text);
        } catch (error) {
          expect(error).toMatchObject({ name: "PolysemeError", code: "invalid" });
          return;
        }
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(MAX_WAIT_MS);
      },
    ),
  );
});
