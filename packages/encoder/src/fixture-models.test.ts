import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cosine, largestDifference } from "../../../test/support/compare-vectors.ts";
import { fixtureModel, fixtureModels, goldenTexts } from "../../../test/support/fixture-models.ts";
import { encodeTexts, openEncoder, type EncodedText } from "./encoder.ts";
import type { EncodeOptions, Encoder } from "./types.ts";

const ALL: EncodeOptions = { wants: { embedding: true, contextual: true, statics: true }, lane: "bulk" };
/** Pads freely, where the usual budget would avoid it. */
const PADDING_BUDGET = { maxTokens: 20_000, runCostTokens: 1_000 };

const EXPECTED: Readonly<Record<string, object>> = {
  "bert-matryoshka": { pooling: "mean", dimensions: 24, tokenDimensions: 32, matryoshka: [16, 8], isProjected: true },
  "bert-two-dense": { pooling: "mean", dimensions: 16, tokenDimensions: 32, isProjected: true },
  "bert-wordpiece": { pooling: "mean", dimensions: 32, isProjected: false, specialTokens: 2 },
  "deberta-v2": { pooling: "mean", specialTokens: 2 },
  "distilbert-max": { pooling: "max" },
  "modernbert-cls": { pooling: "cls" },
  "mpnet-mean": { pooling: "mean" },
  "nomic-bert": { pooling: "mean" },
  "qwen3-last-token": { pooling: "last", specialTokens: 1, leadingTokens: 0, prompts: { document: "" } },
  "roberta-bpe": { pooling: "cls", prompts: { query: "query: ", document: "passage: " } },
  "xlm-roberta-unigram": { pooling: "mean", prompts: { query: "query: ", document: "passage: " } },
};

test("there is a model of each kind", () => {
  expect(fixtureModels()).toEqual(Object.keys(EXPECTED));
});

describe.each(fixtureModels())("%s, as sentence-transformers runs it", (name) => {
  const golden = goldenTexts(name);
  let encoder: Encoder;
  let texts: string[];
  let together: EncodedText[];
  beforeAll(async () => {
    encoder = await openEncoder({ folder: fixtureModel(name), threads: 1, budget: PADDING_BUDGET });
    const { prompts } = encoder.info;
    texts = golden.map(({ text, prompt }) => (prompt === undefined ? text : prompts[prompt] + text));
    together = await encodeTexts(encoder, texts, ALL);
  });
  afterAll(() => encoder.close());

  test("is read as its files say", () => {
    expect(encoder.info).toMatchObject({ maxTokens: 64, ...EXPECTED[name] });
  });

  test("has the same token ids, also of an emoji, an added token, nothing, and a text cut at the limit", () => {
    together.forEach(({ tokens }, i) => {
      expect([...tokens.ids], golden[i]?.text).toEqual(golden[i]?.ids);
    });
    expect(Math.max(...golden.map(({ ids }) => ids.length))).toBe(64);
  });

  test("has the same embedding of each text", () => {
    const cosines = together.map(({ encoded }, i) => cosine(golden[i]?.embedding ?? [], encoded.embedding ?? []));
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.99999);
    // Or the golden vectors would prove nothing.
    expect(cosine(golden[0]?.embedding ?? [], golden[1]?.embedding ?? [])).toBeLessThan(0.98);
  });

  test("gives a text the same vectors alone and in a padded batch", async () => {
    let most = 0;
    for (const [i, text] of texts.entries()) {
      const [alone] = await encodeTexts(encoder, [text], ALL);
      for (const output of ["embedding", "contextual", "statics"] as const)
        most = Math.max(most, largestDifference(alone?.encoded[output] ?? [], together[i]?.encoded[output] ?? []));
    }
    expect(most).toBeLessThanOrEqual(1e-5);
  });
});
