import { describe, expect, test } from "vitest";
import { formsOfWord, indexedForms, placeOfWord } from "./word-place.ts";

const text = "Apples and an apple: New York’s best 苹果 — right?";

function refusalOf(wanted: { word?: string; span?: number[] }): unknown {
  try {
    placeOfWord({ text, ...wanted }, null);
    return "not refused";
  } catch (error) {
    const { code, details } = error as { code: string; details: { field: string } };
    return [code, details.field];
  }
}

describe("the word that is meant", () => {
  test("is the first in any of its forms", () => {
    expect(placeOfWord({ text, word: "apple" }, null)).toEqual({ start: 0, end: 6, forms: ["appl"] });
  });

  test("may be several words, one behind the other", () => {
    const place = placeOfWord({ text, word: "new york" }, "en");
    expect(text.slice(place.start, place.end)).toBe("New York’s");
    expect(place.forms).toHaveLength(2);
  });

  test("by its span is the one there, all of it", () => {
    const at = text.indexOf("apple:");
    for (const span of [
      [at, at + 5],
      [at + 1, at + 2],
    ])
      expect(placeOfWord({ text, span }, null)).toEqual({ start: at, end: at + 5, forms: ["appl"] });
  });

  test("is found in a script without spaces", () => {
    const place = placeOfWord({ text, word: "苹果" }, "zh");
    expect(text.slice(place.start, place.end)).toBe("苹果");
  });

  test("is refused, naming the field, when both or none are given, or it is not there, or no word", () => {
    expect(refusalOf({})).toEqual(["invalid", "sense"]);
    expect(refusalOf({ word: "apple", span: [0, 6] })).toEqual(["invalid", "sense"]);
    expect(refusalOf({ word: "pear" })).toEqual(["invalid", "sense.word"]);
    expect(refusalOf({ word: "  " })).toEqual(["invalid", "sense.word"]);
    expect(refusalOf({ word: ":" })).toEqual(["invalid", "sense.word"]);
    expect(refusalOf({ span: [3, 3] })).toEqual(["invalid", "sense.span"]);
    expect(refusalOf({ span: [0, 1_000] })).toEqual(["invalid", "sense.span"]);
    expect(refusalOf({ span: [6, 7] })).toEqual(["invalid", "sense.span"]);
    expect(refusalOf({ span: [0, text.length] })).toEqual(["invalid", "sense.span"]);
  });
});

test("signs of a place are compared and not looked up in the index", () => {
  const forms = formsOfWord("C++ programs", "en");
  expect(forms).toEqual(["c", "+", "+", "program"]);
  expect(indexedForms(forms)).toEqual(["c", "program"]);
});
