import { expect, test } from "vitest";
import { compareSentences } from "./compare.ts";

function sentence(words: Record<string, readonly number[]>, shift: number, copies = 1) {
  const entries = Array.from({ length: copies }, () => Object.entries(words)).flat();
  return {
    model: "m",
    shape: [1, entries.length, 2],
    tokens: entries.map(([text], i) => ({
      text,
      id: text.length * 100 + text.charCodeAt(0),
      start: i,
      end: i + 1,
      special: text.startsWith("["),
    })),
    static: entries.map(([, vector]) => vector),
    contextual: entries.map(([, [x = 0, y = 0]]) => [x + shift, y]),
    embedding: [],
    truncated: false,
  };
}

test("a word of both sentences is named with both figures, the longest first; marks and special tokens are not", () => {
  const first = sentence({ "[CLS]": [1, 0], a: [0, 1], apple: [3, 1], ".": [1, 1] }, 0);
  const second = sentence({ "[CLS]": [1, 0], apple: [3, 1], a: [0, 1], ".": [1, 1] }, 2);
  const { tokens, shared, left } = compareSentences([first, second]);
  expect([tokens.length, left]).toEqual([8, 0]);
  expect(shared.map(({ text, static: fixed }) => [text, fixed])).toEqual([
    ["apple", 1],
    ["a", 1],
  ]);
  expect(shared[0]?.contextual).toBeCloseTo(16 / Math.sqrt(10 * 26), 10);
});

test("of long sentences the first tokens are compared, and how many are left is said", () => {
  const long = sentence({ one: [1, 0], two: [0, 1] }, 0, 40);
  const { tokens, static: fixed, left } = compareSentences([long, long]);
  expect([tokens.length, fixed.length, fixed[0]?.length, left]).toEqual([96, 96, 96, 64]);
});
