import { expect, test } from "vitest";
import { nextIndex } from "./next-index.ts";

test("arrows go round at the ends, Home and End go there, other keys go nowhere", () => {
  expect(nextIndex("ArrowRight", 3, 4)).toBe(0);
  expect(nextIndex("ArrowLeft", 0, 4)).toBe(3);
  expect(nextIndex("ArrowDown", 1, 4)).toBe(2);
  expect(nextIndex("Home", 2, 4)).toBe(0);
  expect(nextIndex("End", 2, 4)).toBe(3);
  expect(nextIndex("a", 2, 4)).toBeUndefined();
  expect(nextIndex("End", 0, 0)).toBeUndefined();
});
