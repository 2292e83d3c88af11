import type { Chunking } from "@polyseme/core";
import type { Tokens } from "@polyseme/encoder";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planChunks, type Span } from "./plan-chunks.ts";

/** Words in pieces of at most four characters; signs alone; an emoji gives three tokens, as byte-level models do. */
function tokenise(text: string): Tokens {
  const places = Array.from(text.matchAll(/(?:[\p{L}\p{N}]\p{M}*){1,4}|\S/gu)).flatMap(({ index, 0: piece }) => {
    const place = [index, index + piece.length] as const;
    return /\p{Emoji_Presentation}/u.test(piece) ? [place, place, place] : [place];
  });
  return {
    ids: new Int32Array(places.length),
    starts: Int32Array.from(places, ([start]) => start),
    ends: Int32Array.from(places, ([, end]) => end),
    special: new Uint8Array(places.length),
    truncated: false,
  };
}

const tokensIn = (tokens: Tokens, { start, end }: Span): number =>
  tokens.starts.filter((at) => at >= start && at < end).length;

function plan(text: string, chunking: Partial<Chunking> & { maxTokens: number }, specialTokens = 2) {
  const tokens = tokenise(text);
  const spans = planChunks(text, tokens, { overlapTokens: 0, strategy: "sentence", ...chunking }, specialTokens);
  return { tokens, spans, texts: spans.map(({ start, end }) => text.slice(start, end)) };
}

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-z]{1,9}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z]{30,60}$/) },
  { weight: 2, arbitrary: fc.constantFrom("😀", "👩‍👩‍👧", "e\u0301a\u0308", "日本語", "नमस्ते", "🇩🇪", "3.14", "…") },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
);
const gap = fc.constantFrom(" ", " ", " ", "", ". ", "! ", "\n", ".\n", "\n\n", ".\n\n", "  ", "\r\n\r\n");
const anyText = fc
  .array(fc.tuple(piece, gap), { maxLength: 120 })
  .map((parts) => parts.map(([one, after]) => one + after).join(""));
const strategy = fc.constantFrom("sentence" as const, "token" as const);
const budgets = fc.integer({ min: 12, max: 60 });

describe("chunks without overlap", () => {
  test("tile the text from its beginning to its end, so that their slices are the text", () => {
    fc.assert(
      fc.property(anyText, budgets, strategy, (text, maxTokens, how) => {
        const { spans, texts } = plan(text, { maxTokens, strategy: how });
        expect(texts.join("")).toBe(text);
        expect(spans[0]?.start).toBe(0);
        expect(spans.at(-1)?.end).toBe(text.length);
        for (const [index, { start }] of spans.entries()) if (index > 0) expect(start).toBe(spans[index - 1]?.end);
      }),
      { numRuns: 500 },
    );
  });

  test("are never above the budget and never without a token", () => {
    fc.assert(
      fc.property(anyText, budgets, fc.integer({ min: 0, max: 4 }), strategy, (text, maxTokens, special, how) => {
        const { tokens, spans } = plan(text, { maxTokens, strategy: how }, special);
        for (const span of spans) {
          expect(tokensIn(tokens, span)).toBeLessThanOrEqual(maxTokens - special);
          if (spans.length > 1) expect(tokensIn(tokens, span)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("are never cut inside of a character or of a token", () => {
    fc.assert(
      fc.property(anyText, budgets, strategy, (text, maxTokens, how) => {
        const { tokens, spans, texts } = plan(text, { maxTokens, strategy: how });
        for (const one of texts) expect(one.isWellFormed()).toBe(true);
        for (const { start } of spans.slice(1))
          for (const [index, from] of tokens.starts.entries())
            expect(from < start && (tokens.ends[index] ?? 0) > start).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test("are at least half full, except the last, where there are words to cut at", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 200 }).map((all) => all.join(" "));
    fc.assert(
      fc.property(words, budgets, (text, maxTokens) => {
        const { tokens, spans } = plan(text, { maxTokens });
        for (const span of spans.slice(0, -1))
          expect(tokensIn(tokens, span)).toBeGreaterThanOrEqual(Math.ceil((maxTokens - 2) / 2));
      }),
    );
  });
});

describe("a text that fits", () => {
  test("is one chunk with all of its white space", () => {
    expect(plan("  a b c\n", { maxTokens: 5 }).spans).toEqual([{ start: 0, end: 8 }]);
    expect(plan("", { maxTokens: 5 }).spans).toEqual([{ start: 0, end: 0 }]);
    expect(plan(" \n ", { maxTokens: 5 }).spans).toEqual([{ start: 0, end: 3 }]);
  });

  test("is two chunks with one token more, the special ones counted", () => {
    expect(plan("a b c d", { maxTokens: 6 }, 2).spans).toHaveLength(1);
    expect(plan("a b c d", { maxTokens: 5 }, 2).spans).toHaveLength(2);
    expect(plan("a b c d", { maxTokens: 5 }, 1).spans).toHaveLength(1);
  });
});

describe("a cut", () => {
  const a = (count: number): string => Array<string>(count).fill("a").join(" ");

  test("is at a paragraph rather than at a later sentence, line or word", () => {
    const { texts } = plan(`${a(5)}\n\n${a(1)}. B ${a(1)}\n${a(20)}`, { maxTokens: 12 });
    expect(texts[0]).toBe(`${a(5)}\n\n`);
  });

  test("is at a sentence rather than at a later word", () => {
    expect(plan(`${a(5)}. B ${a(20)}`, { maxTokens: 12 }).texts[0]).toBe(`${a(5)}. `);
  });

  test("is at the last of the best borders that fit", () => {
    expect(plan(`${a(4)}. B ${a(1)}. C ${a(20)}`, { maxTokens: 12 }).texts[0]).toBe(`${a(4)}. B ${a(1)}. `);
  });

  test("is not at a border in the first half, which would waste the chunk", () => {
    expect(plan(`${a(2)}\n\n${a(20)}`, { maxTokens: 12 }).texts[0]).toBe(`${a(2)}\n\n${a(8)} `);
  });

  test("is at words only for the strategy token", () => {
    expect(plan(`${a(5)}\n\n${a(20)}`, { maxTokens: 12, strategy: "token" }).texts[0]).toBe(`${a(5)}\n\n${a(5)} `);
  });

  test("is between words rather than inside of one", () => {
    expect(plan(`${a(7)} abcdefghijklmnop ${a(9)}`, { maxTokens: 12 }).texts[0]).toBe(`${a(7)} `);
  });

  test("is inside of a word when there is nothing but one long word", () => {
    const { texts } = plan("x".repeat(100), { maxTokens: 12 });
    expect(texts).toEqual(["x".repeat(40), "x".repeat(40), "x".repeat(20)]);
  });

  test("waits for the end of a character that alone is more than the budget", () => {
    expect(plan("😀😀", { maxTokens: 4 }).texts).toEqual(["😀", "😀"]);
    expect(plan("😀", { maxTokens: 4 }).texts).toEqual(["😀"]);
  });
});

describe("chunks with an overlap", () => {
  /** Below half of what a chunk holds besides its special tokens. */
  const settings = budgets.chain((maxTokens) =>
    fc.record({
      maxTokens: fc.constant(maxTokens),
      overlapTokens: fc.integer({ min: 1, max: Math.ceil((maxTokens - 2) / 2) - 1 }),
      strategy,
    }),
  );

  test("leave no gap, stay in the budget, and repeat no more than was asked for", () => {
    fc.assert(
      fc.property(anyText, settings, (text, chunking) => {
        const { tokens, spans } = plan(text, chunking);
        expect(spans[0]?.start).toBe(0);
        expect(spans.at(-1)?.end).toBe(text.length);
        for (const [index, span] of spans.entries()) {
          expect(tokensIn(tokens, span)).toBeLessThanOrEqual(chunking.maxTokens - 2);
          const next = spans[index + 1];
          if (next === undefined) continue;
          expect(next.start).toBeLessThanOrEqual(span.end);
          const repeated = { start: next.start, end: span.end };
          expect(tokensIn(tokens, repeated)).toBeLessThanOrEqual(chunking.overlapTokens);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("begin and end further on than the one before, so that none is a part of another", () => {
    fc.assert(
      fc.property(anyText, settings, (text, chunking) => {
        const { spans } = plan(text, chunking);
        for (const [index, { start, end }] of spans.slice(1).entries()) {
          expect(start).toBeGreaterThan(spans[index]?.start ?? 0);
          expect(end).toBeGreaterThan(spans[index]?.end ?? 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("come to an end with every overlap that settings may have, each beginning and ending further on", () => {
    fc.assert(
      fc.property(anyText, budgets, fc.nat(30), strategy, (text, maxTokens, overlapTokens, how) => {
        fc.pre(overlapTokens * 2 <= maxTokens);
        const { spans } = plan(text, { maxTokens, overlapTokens, strategy: how });
        for (const [index, { start, end }] of spans.slice(1).entries()) {
          expect(start).toBeGreaterThan(spans[index]?.start ?? 0);
          expect(end).toBeGreaterThan(spans[index]?.end ?? 0);
        }
        expect(spans.at(-1)?.end).toBe(text.length);
      }),
      { numRuns: 300 },
    );
  });

  test("repeat exactly so many words where every word is a token", () => {
    const text = Array.from({ length: 14 }, (_, index) => `w${index}`).join(" ");
    expect(plan(text, { maxTokens: 8, overlapTokens: 2 }).texts.map((one) => one.trim().split(" "))).toEqual([
      ["w0", "w1", "w2", "w3", "w4", "w5"],
      ["w4", "w5", "w6", "w7", "w8", "w9"],
      ["w8", "w9", "w10", "w11", "w12", "w13"],
    ]);
  });

  test("begin at a word, and so repeat nothing of a word that is cut", () => {
    expect(plan("x".repeat(100), { maxTokens: 12, overlapTokens: 4 }).texts).toEqual([
      "x".repeat(40),
      "x".repeat(40),
      "x".repeat(20),
    ]);
    expect(plan(`${"abcdefgh ".repeat(12)}`, { maxTokens: 12, overlapTokens: 3 }).texts[1]).toMatch(
      /^abcdefgh abcdefgh/,
    );
  });
});
