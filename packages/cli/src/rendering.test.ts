import { describe, expect, it } from "vitest";
import { describeResult } from "./upload.ts";
import { compareSharedWords } from "./compare-words.ts";
import { sharesNoWord } from "./demo-steps.ts";
import { checkNode } from "./doctor-checks.ts";
import { findMatchedSpans, renderMarked } from "./mark-span.ts";
import { describeProgress, estimate } from "./progress.ts";
import { sentencesOf } from "./sentences.ts";
import { renderTable } from "./table.ts";
import { duration, makeTerminal, printable } from "./terminal.ts";
import { cosine, maxDifference, mean } from "./vectors.ts";
import { sharedWords } from "./words.ts";

const plain = makeTerminal({ write: () => undefined }, {});
const colored = makeTerminal({ isTTY: true, columns: 80, write: () => undefined }, {});

describe("terminal", () => {
  it("is coloured only on a terminal and without NO_COLOR", () => {
    expect(plain.colors.bold("x")).toBe("x");
    expect(colored.colors.bold("x")).not.toBe("x");
    expect(makeTerminal({ isTTY: true, write: () => undefined }, { NO_COLOR: "1" }).colors.bold("x")).toBe("x");
  });

  it("lets no control characters of documents through", () => {
    expect(printable("a\u001b[31mb\r\nc")).toBe("a [31mb c");
  });

  it("says durations in fitting units", () => {
    expect([0.25, 42, 600, 10_000].map(duration)).toEqual(["0.3 s", "42 s", "10 min", "2.8 h"]);
  });

  it("aligns tables", () => {
    const lines = renderTable([{ title: "name" }, { title: "n", align: "right" }], [["a", "1,000"]], plain);
    expect(lines).toEqual(["name      n", "a     1,000"]);
  });
});

describe("words", () => {
  it("finds shared words whatever their case and punctuation", () => {
    expect(sharedWords("The Bank's money, the", "a bank’s THE")).toEqual(["the"]);
    expect(sharedWords("River bank", "bank!")).toEqual(["bank"]);
    expect(sharesNoWord("storage consumption", hit("df", null, "Disk usage"))).toBe(true);
    expect(sharesNoWord("disk consumption", hit("df", null, "Disk usage"))).toBe(false);
    expect(sharesNoWord("df", hit("df", null, "Disk usage"))).toBe(false);
  });

  it("compares the vectors of a word over its tokens", () => {
    const token = (start: number, end: number, special = false) => ({ text: "", id: 1, start, end, special });
    const answer = (vector: number[]) => ({
      model: "m",
      shape: [1, 3, 2],
      tokens: [token(0, 0, true), token(0, 3), token(3, 5)],
      static: [
        [9, 9],
        [1, 0],
        [0, 1],
      ],
      contextual: [[9, 9], vector, vector],
      embedding: [],
      truncated: false,
    });
    const [compared] = compareSharedWords(
      { text: "apple", answer: answer([1, 0]) },
      { text: "Apple", answer: answer([0, 1]) },
    );
    expect(compared).toMatchObject({ word: "apple", staticMaxDifference: 0, contextualCosine: 0 });
    expect(compared?.staticCosine).toBeCloseTo(1);
  });

  it("computes with vectors", () => {
    expect(cosine([1, 0], [0, 0])).toBe(0);
    expect(maxDifference([1, 2], [1, 4])).toBe(2);
    expect(mean([])).toEqual([]);
  });
});

describe("matched span", () => {
  const text = "# Title\n\nFirst one. Second one is longer. Third.";

  it("splits at sentences and lines, without marks of Markdown", () => {
    const spans = sentencesOf(`${text}\n\n- item\n---\n> quote`);
    expect(spans.map(({ start, end }) => `${text}\n\n- item\n---\n> quote`.slice(start, end))).toEqual([
      "Title",
      "First one.",
      "Second one is longer.",
      "Third.",
      "item",
      "quote",
    ]);
  });

  it("marks the sentence nearest to the query, and a single sentence unasked", async () => {
    const asked: unknown[] = [];
    const client = {
      embeddings: (request: { input: unknown }) => {
        asked.push(request.input);
        const embedding = (i: number) => (i === 0 || i === 3 ? [1, 0] : [0, 1]);
        const data = (request.input as string[]).map((_, index) => ({
          object: "embedding" as const,
          index,
          embedding: embedding(index),
        }));
        const usage = { prompt_tokens: 0, total_tokens: 0 };
        return Promise.resolve({ object: "list" as const, data, model: "m", usage });
      },
    };
    const hits = [hit("a", null, text), hit("b", null, "Only one")];
    const options = { query: "q", hits, model: "m", signal: new AbortController().signal };
    const [first, second] = await findMatchedSpans(client, options);
    expect(text.slice(first?.start, first?.end)).toBe("Second one is longer.");
    expect(second).toEqual({ start: 0, end: 8 });
    expect(asked).toEqual([["q", "Title", "First one.", "Second one is longer.", "Third."]]);
  });

  it("fits the line and keeps the span in it", () => {
    const span = { start: 20, end: 41 };
    expect(renderMarked(text, span, { width: 100, out: plain })).toBe(
      "# Title First one. »Second one is longer.« Third.",
    );
    expect(renderMarked(text, span, { width: 34, out: plain })).toBe("…e. »Second one is longer.« Third.");
    expect(renderMarked(text, span, { width: 12, out: plain })).toBe("»Second on…«");
    expect(renderMarked("plain text", undefined, { width: 7, out: plain })).toBe("plain …");
    expect(renderMarked(text, span, { width: 100, out: colored })).toContain("\u001b[33mSecond one is longer.");
  });
});

describe("progress", () => {
  it("estimates speed and time left from the beginning", () => {
    const first = { atMs: 0, done: 0, total: 0, tokens: 0 };
    const state = estimate(first, { atMs: 2_000, done: 100, total: 400, tokens: 5_000 });
    expect(state).toMatchObject({ tokensPerSecond: 2_500, secondsLeft: 6 });
    expect(describeProgress(state)).toBe("100/400 documents, 2,500 tokens/s, 6.0 s left");
    expect(describeProgress(estimate(first, { ...first, total: 1 }))).toBe("0/1 document");
    expect(describeProgress({ ...state, paused: { why: "full", seconds: 11.2 } })).toBe(
      "100/400 documents, 2,500 tokens/s, 6.0 s left, the server is full, waiting 12 s",
    );
  });

  it("accounts for every document in one line", () => {
    const result = {
      ...{ collection: "c", read: 10, accepted: 6, unchanged: 2, rejected: 2, stored: 7, failed: 1, pending: 0 },
      ...{ tokens: 99, seconds: 2, problems: [], failures: [], tickets: [] },
    };
    expect(describeResult(result)).toBe('10 documents to "c": 5 stored, 2 unchanged, 2 not taken, 1 failed in 2.0 s');
  });
});

it("knows which Node is too old", () => {
  expect(["18.20.0", "20.18.9", "20.19.0", "24.1.0"].map((version) => checkNode(version).ok)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

function hit(id: string, title: string | null, text: string) {
  return { id, title, score: 1, chunk: { ordinal: 0, start: 0, end: text.length, text }, metadata: {} };
}
