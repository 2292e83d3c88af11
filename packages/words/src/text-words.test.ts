import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isWord, wordRuns, wordsOf } from "./text-words.ts";
import { makeFormOf } from "./word-form.ts";

describe("the words of a text", () => {
  test("have offsets that slice the text, in order, and leave out nothing but white space", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        let at = 0;
        for (const word of wordsOf(text)) {
          expect(text.slice(word.start, word.end)).toBe(word.text);
          expect(text.slice(at, word.start).trim()).toBe("");
          at = word.end;
        }
        expect(text.slice(at).trim()).toBe("");
      }),
    );
  });

  test("are told from signs by a letter or a digit", () => {
    expect(["apple", "7", "苹果", "é"].map(isWord)).toEqual([true, true, true, true]);
    expect([",", "…", "👩‍👩‍👧", "«"].map(isWord)).toEqual([false, false, false, false]);
  });
});

describe("places of a word", () => {
  const words = ["New", "York", "is", "new", ";", "new", "yorks", "New"];

  test("are found in any of its forms", () => {
    expect(wordRuns(words, ["new"], makeFormOf("en"))).toEqual([0, 3, 5, 7]);
  });

  test("of several words are those where one stands behind the other", () => {
    expect(wordRuns(words, ["new", "york"], makeFormOf("en"))).toEqual([0, 5]);
    expect(wordRuns(words, ["york", "new"], makeFormOf("en"))).toEqual([6]);
    expect(wordRuns(words, ["new", "is"], makeFormOf("en"))).toEqual([]);
  });

  test("do not overlap", () => {
    expect(wordRuns(["a", "a", "a"], ["a", "a"], makeFormOf(null))).toEqual([0]);
  });
});
