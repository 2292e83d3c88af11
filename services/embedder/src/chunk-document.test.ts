import { findModel, openEncoder, type Encoder } from "@polyseme/encoder";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunkDocument } from "./chunk-document.ts";

let encoder: Encoder;
beforeAll(async () => {
  encoder = await openEncoder({ folder: (await findModel("all-MiniLM-L6-v2")).folder, threads: 1 });
});
afterAll(() => encoder.close());

const chunking = (maxTokens: number) => ({ maxTokens, overlapTokens: 0, strategy: "sentence" as const });

/** Cut where the chunks say, the text is the chunks' texts, whole characters each, none with more tokens than allowed. */
async function expectTiles(text: string, maxTokens: number, tokenizer = encoder): Promise<number> {
  const chunks = await chunkDocument({ text }, chunking(maxTokens), tokenizer);
  let at = 0;
  for (const chunk of chunks) {
    expect(chunk.start).toBe(at);
    expect(chunk.end).toBeGreaterThan(chunk.start);
    expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
    expect(chunk.text.isWellFormed()).toBe(true);
    expect(chunk.tokens.ids.length).toBeLessThanOrEqual(maxTokens);
    expect(chunk.tokens.truncated).toBe(false);
    at = chunk.end;
  }
  expect(at).toBe(text.length);
  return chunks.length;
}

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-zA-Z]{1,12}[.!?,]?$/) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "👩‍👩‍👧‍👦",
      "🇩🇪🇫🇷",
      "😀",
      "e\u0301\u0323\u0302",
      "\u0301",
      "שָׁלוֹם",
      "مرحبا",
      "\u202eabc\u202c",
      "日本語",
      "नमस्ते",
      "\u200b",
      "\uFEFF",
      "\u{1F3FD}",
      "\u{E0001}",
      "İ",
      "ﬁ",
      "\u00ad",
      "Ⅷ",
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 8 }).map((text) => text.replaceAll("\u0000", "")) },
);
const gap = fc.constantFrom(" ", " ", "", "", "\n", "\n\n", ". ", "\u00a0", "\u3000", "\u2028");

describe("the chunks of any text, as the model's own tokenizer sees it", () => {
  test("tile it without a gap, cut no surrogate pair and keep to the tokens allowed", async () => {
    const text = fc
      .array(fc.tuple(piece, gap), { minLength: 1, maxLength: 400 })
      .map((parts) => parts.map((part) => part.join("")).join(""));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 8, max: 40 }), async (given, maxTokens) => {
        fc.pre(given.trim() !== "");
        await expectTiles(given, maxTokens);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a text of a million units without a space", () => {
  const kinds = {
    "letters, which are one token": "x",
    "families of emoji": "👩‍👩‍👧‍👦",
    "right-to-left letters": "שלוםעולם",
    "one letter and its combining marks": "e\u0301\u0323",
    "signs without words": "日本語",
  };

  test.each(Object.entries(kinds))(
    "of %s costs no more a character than one of a quarter of the length",
    async (_kind, unit) => {
      const costOf = async (length: number): Promise<number> => {
        const counting = countCharacters(encoder);
        await expectTiles(unit.repeat(Math.ceil(length / unit.length)), 256, counting.encoder);
        return counting.characters();
      };
      const quarter = await costOf(250_000);
      // Sixteen times would be quadratic. Windows are widened by doubling, so the last may be a little larger than needed.
      expect(await costOf(1_000_000)).toBeLessThan(5 * quarter);
    },
  );
});

/** The encoder, and how many characters were given to its tokenizer: what cutting a text costs, on any machine. */
function countCharacters(real: Encoder): { encoder: Encoder; characters: () => number } {
  let characters = 0;
  const counted: Encoder = {
    ...real,
    tokenizeIds: (texts) => {
      for (const text of texts) characters += text.length;
      return real.tokenizeIds(texts);
    },
    tokenizeWhole: (text) => {
      characters += text.length;
      return real.tokenizeWhole(text);
    },
  };
  return { encoder: counted, characters: () => characters };
}
