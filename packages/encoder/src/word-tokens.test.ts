import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixtureModel, fixtureModels } from "../../../test/support/fixture-models.ts";
import { bertCharacters } from "./bert-characters.ts";
import { toTokens } from "./token-template.ts";
import { openTokenizer, tokenizerOf } from "./tokenizer.ts";
import { readWordPiece, type PlacedIds } from "./word-piece.ts";
import { makeWordTokens } from "./word-tokens.ts";

const PARTS = [
  ..."aZ09 .,-'_[]#`~",
  ...["the", "Unbelievable", "command", "don't", "C++", "[SEP]", "[sep]", "[CLS", "##ing", "x".repeat(120)],
  ...["\t", "\n", "\r\n", "\u000b", "\u0000", "\u007f", "\u00a0", "\u2003", "\u3000", "\u200d", "\ufeff", "\ufffd"],
  ...[
    ..."éÀßæøŁıİŉÆ½£§©°¡«»·\u00ad\u00a8ǅȘ",
    ..."‐–—‘’“”„†•…‧",
    "e\u0301",
    "\u0301",
    "ß",
    "İ",
    "Σ",
    "ﬁ",
    "½",
    "“",
    "—",
    "苹果",
    "テスト",
    "한국",
    "ไทย",
    "🍎",
    "👩‍👩‍👧",
    "\ud83c",
  ],
];

const text = fc
  .array(fc.oneof(fc.constantFrom(...PARTS), fc.string({ unit: "binary", maxLength: 3 })))
  .map((parts) => parts.join(""));

const jsonOf = (name: string): string => readFileSync(`${fixtureModel(name)}/tokenizer.json`, "utf8");

const NAMES = fixtureModels().filter((name) => readWordPiece(jsonOf(name)) !== undefined);

test("some of the fixtures are read so", () => {
  expect(NAMES).toContain("bert-wordpiece");
});

describe.each(NAMES)("the tokenizer of %s", (name) => {
  test("gives a text put together from words the tokens that it gives the whole", async () => {
    const tokenizerJson = jsonOf(name);
    const native = tokenizerOf({ tokenizerJson });
    const tokenizer = await openTokenizer({ folder: name, tokenizerJson, maxTokens: 24 });
    await fc.assert(
      fc.asyncProperty(text, async (one) => {
        const [own, plain] = await Promise.all([
          tokenizer.tokenizeWhole(one),
          native.encode(one, null, { addSpecialTokens: false }),
        ]);
        expect(own).toEqual(toTokens(one, plain));
        const cut = await native.encode(one);
        const whole = cut.getIds();
        const [ids] = await tokenizer.tokenizeIds([one]);
        const [placed] = await tokenizer.tokenize([one]);
        expect([...(ids?.ids ?? [])]).toEqual(whole.length <= 24 ? whole : [...whole.slice(0, 23), ...whole.slice(-1)]);
        expect(ids?.truncated).toBe(whole.length > 24);
        expect(placed?.ids).toEqual(ids?.ids);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a text", () => {
  const asLetters = (word: string): PlacedIds => ({
    ids: Array.from(word, (letter) => letter.charCodeAt(0)),
    starts: Array.from(word, (_, at) => at),
    ends: Array.from(word, (_, at) => at + 1),
  });
  const KEPT = { lowers: false, stripsAccents: false };
  const reading = (): { asked: string[][]; read: (text: string) => Promise<PlacedIds | undefined> } => {
    const asked: string[][] = [];
    const tokenise = (words: readonly string[]): Promise<PlacedIds[]> => {
      asked.push([...words]);
      return Promise.resolve(words.map(asLetters));
    };
    const words = makeWordTokens(
      { added: ["[SEP]"], characters: bertCharacters(KEPT), wordPiece: asLetters },
      tokenise,
    );
    return { asked, read: (one) => words.read(one) };
  };

  test("has its words cut here, and asks the tokenizer for the others, for each once", async () => {
    const { asked, read } = reading();
    expect((await read("on and on, ж ж at"))?.starts).toEqual([0, 1, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16]);
    expect((await read("ж and on"))?.ids).toHaveLength(6);
    expect(asked).toEqual([["ж"]]);
  });

  test("loses no word when words are forgotten, as they are when they are too many", async () => {
    const { asked, read } = reading();
    await read("only ж");
    for (let i = 0; i < 8; i += 1) {
      const many = `ж ${Array.from({ length: 10_000 }, (_, n) => `${i}w${n}`).join(" ")}`.slice(0, 65_536);
      expect((await read(many))?.ids).toHaveLength(many.replaceAll(" ", "").length);
    }
    expect(asked.length).toBeGreaterThan(1);
  });

  test("is the tokenizer's to read when it is long, mostly unknown, or has the text of an added token", async () => {
    const { asked, read } = reading();
    for (const one of ["a".repeat(65_537), "Привет мир", "a[SEP]b"]) expect(await read(one)).toBeUndefined();
    expect(asked).toEqual([]);
  });
});
