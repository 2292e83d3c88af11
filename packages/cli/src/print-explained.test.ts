import type { ExplainedToken, SearchHit } from "@polyseme/client";
import { describe, expect, it } from "vitest";
import { printExplained, renderMet, spansOf } from "./print-explained.ts";
import { makeTerminal } from "./terminal.ts";

const plain = makeTerminal({ write: () => undefined }, {});
const colored = makeTerminal({ isTTY: true, columns: 80, write: () => undefined }, {});

const met = (text: string, start: number, share: number, word: string): ExplainedToken => ({
  text,
  start: 0,
  end: text.length,
  special: false,
  similarity: 0.5,
  part: share / 2,
  share,
  match: { start, end: start + word.length, text: word },
});
const special: ExplainedToken = {
  text: "[CLS]",
  start: 0,
  end: 0,
  special: true,
  similarity: null,
  part: -0.01,
  share: 0,
  match: null,
};

describe("explained hits", () => {
  it("mark what was met by its share, the shares of words that met the same added", () => {
    const text = "the bank of a river";
    const spans = spansOf(
      [special, met("money", 104, 0.4, "bank"), met("shore", 104, 0.3, "bank"), met("a", 114, 0.3, "river")],
      100,
    );
    expect(spans).toEqual([
      { start: 4, end: 8, share: 0.7 },
      { start: 14, end: 19, share: 0.3 },
    ]);
    expect(renderMet(text, spans, 80, plain)).toBe("the »»bank«« of a »river«");
    expect(renderMet(text, spans, 80, colored)).toContain(colored.colors.bold(colored.colors.yellow("bank")));
  });

  it("show the part of a long chunk where most was met, and never half a character", () => {
    const text = `${"🙂".repeat(200)} river ${"🙂".repeat(200)} bank`;
    const river = { start: 401, end: 406, share: 0.6 };
    const bank = { start: text.length - 4, end: text.length, share: 0.4 };
    const line = renderMet(text, [river, bank], 60, plain);
    expect(line).toContain("»»river««");
    expect(line).not.toContain("bank");
    expect(line.length).toBeLessThanOrEqual(60);
    expect(line.isWellFormed()).toBe(true);
  });

  it("come with a table of the query's words and special tokens", () => {
    const lines: string[] = [];
    const out = makeTerminal({ write: (text) => lines.push(text.trimEnd()) }, {});
    const chunk = { ordinal: 0, start: 0, end: 8, text: "the bank" };
    const hit: SearchHit = {
      id: "d",
      score: 0.5,
      vectorScore: 0.25,
      title: null,
      metadata: {},
      chunk,
      explain: { tokens: [special, met("money", 4, 1, "bank")] },
    };
    printExplained([hit], out);
    expect(lines).toEqual([
      "  1  0.500  d  (vector 0.250)",
      "     the »»bank««",
      "     query  met   cosine    part    share",
      "     [CLS]                -0.010",
      "     money  bank   0.500   0.500  100.0 %",
    ]);
  });
});
