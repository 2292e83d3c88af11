import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stretchesOf } from "./stretches.ts";

describe("the stretches of a text", () => {
  test("are its sections, and what lies before the first one without a context", () => {
    const sections = [{ start: 2, context: "A" }, { start: 4 }];
    expect(stretchesOf({ text: "ab1234", sections })).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 4, context: "A" },
      { start: 4, end: 6 },
    ]);
  });

  test("are one without sections", () => {
    for (const sections of [undefined, null, []])
      expect(stretchesOf({ text: "abc", ...(sections === undefined ? {} : { sections }) })).toEqual([
        { start: 0, end: 3 },
      ]);
  });

  test("leave white space to the one before it, at the beginning to the first that has more", () => {
    const sections = [{ start: 1, context: "A" }, { start: 2, context: "B" }, { start: 3, context: "C" }, { start: 5 }];
    expect(stretchesOf({ text: " \nb\n\n ", sections })).toEqual([{ start: 0, end: 6, context: "B" }]);
  });

  test("tile any text with any sections, begin at sections alone, and hold more than white space", () => {
    const text = fc.stringMatching(/^[a \n]{1,40}$/);
    const starts = fc.uniqueArray(fc.nat(39), { maxLength: 12 });
    fc.assert(
      fc.property(text, starts, (given, at) => {
        const sections = at
          .filter((start) => start < given.length)
          .sort((a, b) => a - b)
          .map((start) => ({ start, context: `c${start}` }));
        const stretches = stretchesOf({ text: given, sections });
        expect(stretches.map(({ start, end }) => given.slice(start, end)).join("")).toBe(given);
        for (const { start, end } of stretches) {
          expect(start === 0 || sections.some((section) => section.start === start)).toBe(true);
          if (given.trim() !== "") expect(given.slice(start, end).trim()).not.toBe("");
        }
      }),
      { numRuns: 300 },
    );
  });
});
