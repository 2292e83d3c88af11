import { expect, test } from "vitest";
import { markPieces } from "./explain-marks.ts";

const hit = {
  id: "1",
  score: 0.5,
  title: null,
  chunk: { ordinal: 0, start: 10, end: 27, text: "a sweet red apple" },
  metadata: {},
};

function token(share: number, start: number, text: string) {
  const match = { start, end: start + text.length, text };
  return { text, start: 0, end: 1, special: false, similarity: 0.5, part: share / 2, share, match };
}

test("a hit without explanation is one plain piece", () => {
  expect(markPieces(hit)).toEqual([{ text: "a sweet red apple", tokens: [], strength: 0 }]);
});

test("a span is as strong as its share among the hit's, and an overlap as the stronger of both", () => {
  const special = { ...token(0, 0, "[CLS]"), special: true, match: null };
  const tokens = [special, token(0.6, 22, "apple"), token(0.3, 12, "sweet red"), token(0.1, 18, "red")];
  expect(markPieces({ ...hit, explain: { tokens } })).toEqual([
    { text: "a ", tokens: [], strength: 0 },
    { text: "sweet ", tokens: [2], strength: 2 },
    { text: "red", tokens: [2, 3], strength: 2 },
    { text: " ", tokens: [], strength: 0 },
    { text: "apple", tokens: [1], strength: 3 },
  ]);
});

test("a hit that is not explained shows its snippet with the query's words", () => {
  const snippet = { text: "sweet red apple", start: 12, end: 27, marks: [[18, 21]] };
  expect(markPieces({ ...hit, snippet })).toEqual([
    { text: "sweet ", tokens: [], strength: 0 },
    { text: "red", tokens: [], strength: 2 },
    { text: " apple", tokens: [], strength: 0 },
  ]);
});
