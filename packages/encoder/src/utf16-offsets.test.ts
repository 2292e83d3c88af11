import fc from "fast-check";
import { expect, test } from "vitest";
import { toUtf16Offsets } from "./utf16-offsets.ts";

const offsets = (starts: number[], ends: number[]) => ({
  starts: Int32Array.from(starts),
  ends: Int32Array.from(ends),
});

test("an emoji before a word moves the word's offsets by one unit", () => {
  const text = "ab 😀 cd";
  const { starts, ends } = toUtf16Offsets(text, offsets([0, 3, 5], [2, 4, 7]));
  expect([...starts].map((start, index) => text.slice(start, ends[index]))).toEqual(["ab", "😀", "cd"]);
});

test("text without astral characters gives the very same offsets back", () => {
  const given = offsets([0, 2], [1, 3]);
  expect(toUtf16Offsets("né́", given)).toBe(given);
});

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", "é", "\u0301", "😀", "👩‍👩‍👧", "漢", "𝒳", "\ud800", "\udc00"),
    fc.string({ unit: "binary", maxLength: 1 }),
  ),
  maxLength: 40,
});

test("every run of code points is cut out by its UTF-16 offsets", () => {
  fc.assert(
    fc.property(anyText, fc.nat(40), fc.nat(40), (text, one, other) => {
      const points = [...text];
      const [start, end] = [Math.min(one, other, points.length), Math.min(Math.max(one, other), points.length)];
      const units = toUtf16Offsets(text, offsets([start], [end]));
      expect(text.slice(units.starts[0], units.ends[0])).toBe(points.slice(start, end).join(""));
    }),
  );
});
