import fc from "fast-check";
import { expect, test } from "vitest";
import { cutWords, type Cut } from "./word-cuts.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "word" });
const bySegmenter = (text: string): Cut[] =>
  Array.from(segmenter.segment(text), ({ segment, index }) => ({ start: index, end: index + segment.length }));

/** All that is cut by the expression, what is not, and what the rules are about more often. */
const character = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(..."ab1 2_.,;:'\"’‘\r\n\t-") },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 0x17f }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.constantFrom("–", "—", "“", "”", "„", "…", "€") },
  { weight: 1, arbitrary: fc.constantFrom("\u0301", "日", "ไ", "😀", "\u200d", "ß") },
);

test("any text is cut where the runtime's segmenter cuts it", () => {
  const text = fc.array(character, { maxLength: 24 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (given) => {
      expect([...cutWords(given)]).toEqual(bySegmenter(given));
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  ["It’s the cat’s, isn't it?", ["It’s", " ", "the", " ", "cat’s", ",", " ", "isn't", " ", "it", "?"]],
  ["3.14 or 1,000; e.g. 7th", ["3.14", " ", "or", " ", "1,000", ";", " ", "e.g", ".", " ", "7th"]],
  ["snake_case naïve", ["snake_case", " ", "naïve"]],
  ["我喜欢苹果", ["我", "喜欢", "苹果"]],
])("%s", (text, words) => {
  expect(Array.from(cutWords(text), ({ start, end }) => text.slice(start, end))).toEqual(words);
});
