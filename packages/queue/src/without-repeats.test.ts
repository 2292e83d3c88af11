import { expect, test } from "vitest";
import { withoutRepeats } from "./without-repeats.ts";

test("the same error is reported once in a while, others at once", () => {
  const reported: string[] = [];
  let nowMs = 0;
  const report = withoutRepeats(
    (error) => reported.push(error.message),
    1_000,
    () => nowMs,
  );
  for (const [atMs, message] of [
    [0, "a"],
    [10, "a"],
    [20, "b"],
    [999, "a"],
    [1_000, "a"],
    [1_001, "b"],
    [1_999, "a"],
  ] as const) {
    nowMs = atMs;
    report(new Error(message));
  }
  expect(reported).toEqual(["a", "b", "a"]);
});

test("what it remembers is bounded", () => {
  const reported: string[] = [];
  const report = withoutRepeats(
    (error) => reported.push(error.message),
    1_000,
    () => 0,
  );
  for (let i = 0; i < 1_000; i += 1) report(new Error(`${i % 250}`));
  expect(reported.length).toBeGreaterThan(250);
});
