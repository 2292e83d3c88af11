import type { SensesAnswer } from "@polyseme/client";
import { describe, expect, test } from "vitest";
import { printSenseHits } from "./commands/search-sense.ts";
import { pictureOf, printSenses } from "./print-senses.ts";
import { makeTerminal } from "./terminal.ts";

function printed(print: (out: ReturnType<typeof makeTerminal>) => void, columns = 80): string {
  let text = "";
  print(makeTerminal({ columns, write: (more: string) => (text += more) }, {}));
  return text;
}

const use = (id: string, text: string, word: string) => {
  const start = 100 + text.indexOf(word);
  return { id, start, end: start + word.length, word, sentence: { start: 100, end: 100 + text.length, text } };
};
const fruit = use("a", "She ate the apple at noon.", "apple");
const company = use("b", "Apple sells phones.", "Apple");

const ANSWER: SensesAnswer = {
  word: "apple",
  form: "appl",
  uses: 3,
  truncated: true,
  rule: { method: "m", threshold: 0.1, text: "How it was decided." },
  senses: [
    {
      id: 0,
      size: 2,
      share: 2 / 3,
      cohesion: 0.91,
      contexts: [{ ...fruit, ordinal: 0, similarity: 0.95 }],
      neighbours: [{ word: "pear", similarity: 0.8 }],
    },
    {
      id: 1,
      size: 1,
      share: 1 / 3,
      cohesion: 1,
      contexts: [{ ...company, ordinal: 0, similarity: 1 }],
      neighbours: [],
    },
  ],
  similarity: { within: 0.87, across: 0.62, static: 1 },
  points: [
    { ...fruit, x: -1, y: -1, sense: 0 },
    { ...company, x: 1, y: 1, sense: 1 },
  ],
};

describe("senses in the terminal", () => {
  test("show each sense's size, its sentences with the word marked, and its neighbours", () => {
    const text = printed((out) => {
      printSenses(ANSWER, out);
    });
    expect(text).toContain("apple: 3 uses (there are more) in 2 senses");
    expect(text).toMatch(/^1 {2}█+ +2 uses, 67 %, cohesion 0\.91$/m);
    expect(text).toContain("She ate the »apple« at noon.");
    expect(text).toContain("»Apple« sells phones.");
    expect(text).toContain("near: pear");
    expect(text).toContain("same sense 0.870, different senses 0.620");
    expect(text).toContain("static vectors 1.000");
  });

  test("stay within the width of the terminal, and let no control character through", () => {
    const evil = use("x", "\u001b[31mapple\u0007 ".repeat(40), "apple");
    const senses = ANSWER.senses.map((sense) => ({
      ...sense,
      contexts: [{ ...evil, ordinal: 0, similarity: 1 }],
    }));
    const text = printed((out) => {
      printSenses({ ...ANSWER, senses }, out);
    }, 60);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    for (const line of text.split("\n").filter((one) => one.includes("apple")))
      expect(line.length).toBeLessThanOrEqual(60);
  });

  test("are drawn as numbers, the largest x at the right and the largest y at the top", () => {
    const lines = pictureOf(ANSWER.points, 20);
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe(`${" ".repeat(19)}2`);
    expect(lines.at(-1)).toBe("1");
    expect(pictureOf([], 20)).toEqual([]);
  });

  test("of no use are nothing", () => {
    const none = { ...ANSWER, uses: 0, senses: [], points: [] };
    expect(
      printed((out) => {
        printSenses(none, out);
      }),
    ).toBe("");
  });
});

test("hits of a sense show score, document and the word in its sentence", () => {
  const { sentence, word, start, end } = fruit;
  const hit = {
    id: "a",
    score: -0.25,
    title: "Lunch",
    chunk: { ordinal: 0, start: 100, end: 126, text: sentence.text },
    metadata: {},
    sense: { word, start, end, similarity: 0.6, sentence },
  };
  const text = printed((out) => {
    printSenseHits({ hits: [hit] }, out);
  });
  expect(text).toBe("  1  -0.250  a  Lunch\n     She ate the »apple« at noon.\n");
});
