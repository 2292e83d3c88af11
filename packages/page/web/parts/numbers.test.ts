import { expect, test } from "vitest";
import { showCosine, showShare } from "./numbers.ts";

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
