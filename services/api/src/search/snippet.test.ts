import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeSnippets, MOST_SNIPPET_CHARACTERS, wordsToMark } from "./snippet.ts";

function snippetOf(query: string, text: string, language: string | null = null, start = 0) {
  const snippet = makeSnippets(wordsToMark(query), language)({ start, text });
  return { ...snippet, words: snippet.marks.map(([from, to]) => text.slice(from - start, to - start)) };
}

describe("a snippet", () => {
  test("is the sentence that holds most of the query's words, in any form, with its place in the document", () => {
    const text = "It rained. The rivers of France run far. Nobody swims.";
    const snippet = snippetOf("river in France", text, "en", 100);
    expect(snippet.text).toContain("The rivers of France run far.");
    expect(snippet.words).toEqual(["rivers", "France"]);
    expect(text.slice(snippet.start - 100, snippet.end - 100)).toBe(snippet.text);
  });

  test("of a long sentence begins a little before the first word that is marked", () => {
    const text = `${"blah ".repeat(100)}the needle ${"blah ".repeat(100)}`;
    const { text: shown, words } = snippetOf("needle", text);
    expect(words).toEqual(["needle"]);
    expect(shown.length).toBeLessThanOrEqual(MOST_SNIPPET_CHARACTERS);
    expect(shown).toMatch(/^(blah )+the needle/);
  });

  test.each([
    ["Chinese", "黑豹队的防守", "超级碗上，黑豹队防守丢了308分。", ["黑豹队", "防守"]],
    ["Japanese", "東京タワー", "昨日、東京タワーに登りました。", ["東京タワー"]],
    ["Korean", "대한민국의 수도", "서울은 대한민국 수도이다.", ["대한민국", "수도"]],
    ["a single character", "水", "地球上的水很多。", ["水"]],
  ])("marks %s by pairs of characters", (_, query, text, words) => {
    expect(snippetOf(query, text).words).toEqual(words);
  });

  test("is the beginning where no word is found", () => {
    expect(snippetOf("", "One. Two.")).toMatchObject({ text: "One. Two.", start: 0, marks: [] });
    expect(snippetOf("x", "")).toMatchObject({ text: "", start: 0, end: 0 });
  });

  test("and its marks slice the text exactly, in order, and cut no character in two", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "apple",
        "Apples",
        "黑豹队",
        "日本語",
        "👩‍👩‍👧",
        "🎉",
        "e\u0301",
        ".",
        "。",
        "\n",
        "한국은",
        "𠮷野家",
      ),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    );
    const texts = fc.array(word, { maxLength: 150 }).chain((words) => fc.constantFrom(words.join(" "), words.join("")));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), texts, fc.nat(1_000), (query, text, origin) => {
        const {
          marks,
          start,
          end,
          text: shown,
        } = makeSnippets(wordsToMark(query.join(" ")), null)({ start: origin, text });
        expect(text.slice(start - origin, end - origin)).toBe(shown);
        expect(shown.length).toBeLessThanOrEqual(MOST_SNIPPET_CHARACTERS);
        if (text.isWellFormed()) expect(shown.isWellFormed()).toBe(true);
        let at = start;
        for (const [from, to] of marks) {
          expect(from).toBeGreaterThanOrEqual(at);
          expect(to).toBeGreaterThan(from);
          if (text.isWellFormed()) expect(text.slice(from - origin, to - origin).isWellFormed()).toBe(true);
          at = to;
        }
        expect(at).toBeLessThanOrEqual(end);
      }),
      { numRuns: 200 },
    );
  });
});
