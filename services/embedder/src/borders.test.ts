import type { Tokens } from "@polyseme/encoder";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BORDER, findBorders } from "./borders.ts";

type Place = readonly [start: number, end: number];

function tokensAt(places: readonly Place[]): Tokens {
  return {
    ids: new Int32Array(places.length),
    starts: Int32Array.from(places, ([start]) => start),
    ends: Int32Array.from(places, ([, end]) => end),
    special: new Uint8Array(places.length),
    truncated: false,
  };
}

/** Words and single signs, as a tokenizer gives them. */
const wordsOf = (text: string): Tokens =>
  tokensAt(Array.from(text.matchAll(/[\p{L}\p{M}\p{N}]+|\S/gu), ({ index, 0: word }) => [index, index + word.length]));

const bordersOf = (text: string, strategy: "sentence" | "token" = "sentence"): number[] => [
  ...findBorders(text, wordsOf(text), strategy),
];

/** Where sentences begin, as the borders tell. */
function sentenceStartsOf(text: string): number[] {
  const tokens = wordsOf(text);
  const borders = findBorders(text, tokens, "sentence");
  return [...tokens.starts].filter((_, index) => borders[index] === BORDER.sentence);
}

const { none, token, word, line, sentence, paragraph } = BORDER;

describe("the border before a token", () => {
  test("is better the more it separates", () => {
    expect([none, token, word, line, sentence, paragraph]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("is of the token when nothing is between, of the word at white space", () => {
    expect(bordersOf("one two-three").slice(1)).toEqual([word, token, token]);
  });

  test("is of the line at a line break, of the paragraph at an empty line", () => {
    expect(bordersOf("one,\ntwo,\n\nthree,\n \t\nfour,\r\n\r\nfive,\r\nsix").filter((border) => border > word)).toEqual(
      [sentence, sentence, paragraph, paragraph, paragraph, sentence],
    );
  });

  test("is of the sentence after a sentence's end", () => {
    expect(bordersOf("It rains. We stay! Why? So.")).toEqual([
      ...[sentence, word, token],
      ...[sentence, word, token],
      ...[sentence, token],
      ...[sentence, token],
    ]);
  });

  test("is not of the sentence at a point inside of a number", () => {
    expect(bordersOf("It costs 3.50 now")).toEqual([sentence, word, word, token, token, word]);
  });

  test("knows words only, not lines or sentences, for the strategy token", () => {
    expect(bordersOf("One. Two\n\nthree", "token")).toEqual([token, token, word, word]);
  });

  test("is none inside of a character that gave several tokens", () => {
    const text = "a😀 b";
    const places: Place[] = [
      [0, 1],
      [1, 3],
      [1, 3],
      [1, 3],
      [4, 5],
    ];
    expect([...findBorders(text, tokensAt(places), "sentence")].slice(1)).toEqual([token, none, none, word]);
    expect([...findBorders(text, tokensAt(places), "token")].slice(1)).toEqual([token, none, none, word]);
  });

  test("is none where tokens overlap", () => {
    const places: Place[] = [
      [0, 3],
      [2, 5],
      [5, 6],
    ];
    expect([...findBorders("abcdef", tokensAt(places), "token")].slice(1)).toEqual([none, token]);
  });

  test("is there for every token, and for none when there are none", () => {
    expect(bordersOf("")).toEqual([]);
    expect(bordersOf(" \n ")).toEqual([]);
  });
});

describe("sentences of a text that is longer than the segmenter is given at once", () => {
  test("begin where they were put, up to the last", () => {
    const sentences = Array.from({ length: 400 }, (_, index) => `Sentence number ${index} says nothing new. `);
    const starts = sentences.map((_, index) => sentences.slice(0, index).join("").length);
    expect(sentences.join("").length).toBeGreaterThan(3 * 4_096);
    expect(sentenceStartsOf(sentences.join(""))).toEqual(starts);
  });

  test("begin where they would if the text were segmented whole", () => {
    const clause = fc.constantFrom(
      "It rains",
      "we stay at 3.5 km",
      "Who knows",
      "日本語です",
      "Ein Satz, noch einer",
      "ça va 😀",
    );
    const end = fc.constantFrom(". ", "! ", "? ", "。", ".\n", "… ", ".) ");
    const text = fc
      .array(fc.tuple(fc.array(clause, { minLength: 1, maxLength: 12 }), end), { minLength: 150, maxLength: 250 })
      .map((all) => all.map(([clauses, stop]) => clauses.join(", ") + stop).join(""));
    const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });
    fc.assert(
      fc.property(text, (long) => {
        const expected = Array.from(segmenter.segment(long), ({ index }) => index);
        const starts = new Set(wordsOf(long).starts);
        expect(sentenceStartsOf(long)).toEqual(expected.filter((at) => starts.has(at)));
      }),
      { numRuns: 10 },
    );
  });

  test("are found again behind one that is longer than a window", () => {
    const long = `Endless ${"words ".repeat(2_000)}end. `;
    const text = `First. ${long}Second. Third.`;
    const found = sentenceStartsOf(text);
    for (const at of [0, text.indexOf("Endless"), text.indexOf("Second"), text.indexOf("Third")])
      expect(found).toContain(at);
  });
});

test("a sentence longer than the segmenter's window has one beginning, and the next sentence has its own", () => {
  const long = `${"abcdefg ".repeat(1_200)}end.`;
  expect(sentenceStartsOf(`${long} Then comes another.`)).toEqual([0, long.length + 1]);
});
