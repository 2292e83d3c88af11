import { describe, expect, test } from "vitest";
import { readWordPiece } from "./word-piece.ts";

const BERT = {
  normalizer: { type: "BertNormalizer", lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  model: { type: "WordPiece", unk_token: "?", vocab: { "?": 0, un: 1, "##lock": 2, "##l": 3, Un: 4, "!": 5 } },
  added_tokens: [{ content: "[SEP]", normalized: false }],
};
const read = (part: object): ReturnType<typeof readWordPiece> => readWordPiece(JSON.stringify({ ...BERT, ...part }));

describe("a tokenizer is read word by word", () => {
  test("when it cuts and looks at words as BERT does", () => {
    expect(read({})?.added).toEqual(["[SEP]"]);
    expect(read({ added_tokens: [] })?.added).toEqual([]);
    const lower = { type: "Sequence", normalizers: [{ type: "Lowercase" }, BERT.normalizer] };
    expect(read({ normalizer: lower })?.added).toEqual(["[SEP]"]);
  });

  test.each([
    ["another model", { model: { ...BERT.model, type: "Unigram" } }],
    ["no token for what is unknown", { model: { ...BERT.model, unk_token: "!?" } }],
    ["another cutter", { pre_tokenizer: { type: "Metaspace" } }],
    ["no cutter", { pre_tokenizer: null }],
    ["a normaliser that may look across words", { normalizer: { type: "Replace" } }],
    ["one among others", { normalizer: { type: "Sequence", normalizers: [{ type: "Precompiled" }] } }],
    ["a token that is looked for in the normalised text", { added_tokens: [{ content: "x y", normalized: true }] }],
    ["a token without a text", { added_tokens: [{ normalized: false }] }],
  ])("but not with %s", (_, part) => {
    expect(read(part)).toBeUndefined();
  });
});

describe("a word", () => {
  const cut = (word: string, part: object = {}): readonly number[] | undefined => read(part)?.wordPiece(word).ids;

  test("is cut into the longest pieces from its beginning on", () => {
    expect(read({})?.wordPiece("unlock")).toEqual({ ids: [1, 2], starts: [0, 2], ends: [2, 6] });
    expect(cut("unll")).toEqual([1, 3, 3]);
    expect(cut("!")).toEqual([5]);
  });

  test("is unknown as a whole when a part is, or when it is too long", () => {
    expect(read({})?.wordPiece("unlok")).toEqual({ ids: [0], starts: [0], ends: [5] });
    expect(cut(`un${"l".repeat(98)}`)).toHaveLength(99);
    expect(cut(`un${"l".repeat(99)}`)).toEqual([0]);
    expect(cut("unl", { model: { ...BERT.model, max_input_chars_per_word: 2 } })).toEqual([0]);
  });

  test("has its case where the tokenizer keeps it", () => {
    expect(cut("Unlock")).toEqual([1, 2]);
    expect(cut("Unlock", { normalizer: { type: "BertNormalizer", lowercase: false } })).toEqual([4, 2]);
    expect(cut("Unlock", { normalizer: null })).toEqual([4, 2]);
  });
});
