import { expect, test } from "vitest";
import { showBytes, showCosine, showNumber, showSeconds, showShare } from "./numbers.ts";

test("a similarity is shown as 1 only when it is exactly that", () => {
  expect([1, 0.9999999, 0.414, 0, -0.001, -0.27].map(showCosine)).toEqual([
    "1",
    "0.99",
    "0.41",
    "0.00",
    "0.00",
    "-0.27",
  ]);
});

test("a share is shown in whole percent", () => {
  expect([0, 0.376, 1].map(showShare)).toEqual(["0 %", "38 %", "100 %"]);
});

test("large figures are shown short, with their unit", () => {
  expect([0, 12_345, 1e6].map(showNumber)).toEqual(["0", "12,345", "1,000,000"]);
  expect([0, 999, 1_500, 12_340_000, 5e15].map(showBytes)).toEqual(["0 B", "999 B", "1.5 KB", "12 MB", "5,000 TB"]);
  expect([0, 0.42, 12, 200, 7_500, Infinity].map(showSeconds)).toEqual([
    "0 s",
    "0.4 s",
    "12 s",
    "3 min 20 s",
    "2 h 5 min",
    "without end",
  ]);
});
