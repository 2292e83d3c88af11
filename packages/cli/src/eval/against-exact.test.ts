import { expect, test } from "vitest";
import { shareFound } from "./against-exact.ts";

test("the share that was found counts hits as near as the last of the exact answer", () => {
  expect(shareFound([0.9, 0.8, 0.6], [0.9, 0.8, 0.7])).toBeCloseTo(2 / 3, 12);
  expect(shareFound([0.9, 0.7, 0.7], [0.9, 0.7, 0.7])).toBe(1);
  expect(shareFound([0.9], [0.9, 0.8])).toBe(0.5);
  expect(shareFound([], [0.9])).toBe(0);
});

test("everything is found where there is nothing to find", () => {
  expect(shareFound([], [])).toBe(1);
});
