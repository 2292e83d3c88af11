import fc from "fast-check";
import { expect, test } from "vitest";
import { windowEnd } from "./text-windows.ts";

const anyText = fc
  .array(fc.oneof(fc.string({ unit: "binary", maxLength: 9 }), fc.constantFrom(" ", "\n", "😀", "word")))
  .map((parts) => parts.join(""));

test("a window ends past its beginning, within the text, and never inside a surrogate pair", () => {
  fc.assert(
    fc.property(anyText, fc.nat(50), fc.integer({ min: 1, max: 40 }), (text, from, size) => {
      fc.pre(from < text.length && text.isWellFormed() && text.slice(from).isWellFormed());
      const end = windowEnd(text, from, size);
      expect(end).toBeGreaterThan(from);
      expect(end).toBeLessThanOrEqual(text.length);
      expect(text.slice(from, end).isWellFormed()).toBe(true);
    }),
  );
});

test("a window ends behind white space where there is some", () => {
  expect(windowEnd("one two three four", 0, 10)).toBe("one two ".length);
  expect(windowEnd("one two", 0, 100)).toBe(7);
});
