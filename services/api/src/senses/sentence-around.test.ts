import { describe, expect, test } from "vitest";
import { makeSentenceFinder } from "./sentence-around.ts";

describe("the sentence around a place", () => {
  const sentenceAround = makeSentenceFinder();
  const document = "First one.  The second 👩‍👩‍👧 one!\nAnd the third";
  const chunk = { start: 10, text: document.slice(10) };

  test("has offsets in the document, which slice it exactly, without white space at its ends", () => {
    for (const word of ["second", "one!", "third", "And"]) {
      const found = sentenceAround(chunk, document.indexOf(word));
      expect(document.slice(found.start, found.end)).toBe(found.text);
      expect(found.text.trim()).toBe(found.text);
      expect(found.text).toContain(word);
    }
    expect(sentenceAround(chunk, document.indexOf("second")).text).toBe("The second 👩‍👩‍👧 one!");
  });

  test("ends where the chunk does", () => {
    const cut = { start: 12, text: "The second" };
    expect(sentenceAround(cut, 16)).toEqual({ start: 12, end: 22, text: "The second" });
  });
});
