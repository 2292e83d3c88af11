import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cosine, largestDifference } from "../../../test/support/compare-vectors.ts";
import { findSharedFolder, readReference, type ReferenceText } from "../../../test/fixtures/encoder/reference-texts.ts";
import { encodeTexts, openEncoder, type EncodedText } from "./encoder.ts";
import { findModel } from "./find-model.ts";
import type { EncodeOptions, Encoder } from "./types.ts";

const shared = findSharedFolder();
const ALL: EncodeOptions = { wants: { embedding: true, contextual: true, statics: true }, lane: "bulk" };
const NAME = "all-MiniLM-L6-v2";
/** Pads freely, where the usual budget would avoid it. */
const PADDING_BUDGET = { maxTokens: 20_000, runCostTokens: 1000 };

function cosinesWith(reference: readonly ReferenceText[], encoded: readonly EncodedText[]): number[] {
  return reference.map(({ embedding }, index) => cosine(embedding, encoded[index]?.encoded.embedding ?? []));
}

async function expectSameIds(encoder: Encoder, reference: readonly ReferenceText[]): Promise<void> {
  const tokens = await encoder.tokenize(reference.map(({ text }) => text));
  tokens.forEach(({ ids }, index) => expect([...ids], reference[index]?.text).toEqual(reference[index]?.ids));
}

/** Each text alone against all in one padded batch. */
async function batchDifference(encoder: Encoder, texts: readonly string[]): Promise<number> {
  const together = await encodeTexts(encoder, texts, ALL);
  let most = 0;
  for (const [index, text] of texts.entries()) {
    const [alone] = await encodeTexts(encoder, [text], ALL);
    for (const output of ["embedding", "contextual", "statics"] as const)
      most = Math.max(most, largestDifference(alone?.encoded[output] ?? [], together[index]?.encoded[output] ?? []));
  }
  return most;
}

describe("the bundled int8 model", () => {
  const reference = readReference();
  let encoder: Encoder;
  beforeAll(async () => {
    const { folder } = await findModel(NAME);
    encoder = await openEncoder({ folder, threads: 1, budget: PADDING_BUDGET });
  });
  afterAll(() => encoder.close());

  test("gives Hello world as [CLS] hello world [SEP] in 4 vectors of 384 with offsets into the text", async () => {
    const [hello] = await encodeTexts(encoder, ["Hello world"], ALL);
    expect(encoder.info).toMatchObject({
      file: "onnx/model_int8.onnx",
      dimensions: 384,
      maxTokens: 256,
      specialTokens: 2,
      leadingTokens: 1,
      prompts: { query: "", document: "" },
    });
    expect([...(hello?.tokens.ids ?? [])]).toEqual([101, 7592, 2088, 102]);
    expect([...(hello?.tokens.starts ?? [])]).toEqual([0, 0, 6, 0]);
    expect([...(hello?.tokens.ends ?? [])]).toEqual([0, 5, 11, 0]);
    expect(hello?.encoded.contextual).toHaveLength(4 * 384);
    expect(hello?.encoded.statics).toHaveLength(4 * 384);
  });

  test("has the original library's ids and nearly its embeddings on the committed texts", async () => {
    await expectSameIds(encoder, reference);
    const encoded = await encodeTexts(
      encoder,
      reference.map(({ text }) => text),
      ALL,
    );
    for (const value of cosinesWith(reference, encoded)) expect(value).toBeGreaterThanOrEqual(0.995);
  });

  test("gives a text the same vectors alone and in a padded batch", async () => {
    expect(
      await batchDifference(
        encoder,
        reference.map(({ text }) => text),
      ),
    ).toBeLessThanOrEqual(1e-5);
  });

  test("counts offsets in UTF-16 units behind an emoji and accents", async () => {
    const text = "The café’s 😀 naïve owner";
    const [tokens] = await encoder.tokenize([text]);
    const words = [...(tokens?.starts ?? [])].map((start, index) => text.slice(start, tokens?.ends[index]));
    expect(words).toEqual(["", "The", "café", "’", "s", "😀", "naïve", "owner", ""]);
  });

  test.skipIf(shared === undefined)(
    "has the original library's ids and nearly its embeddings on all 64 texts",
    async () => {
      const all = readReference(`${shared}reference/${NAME}.jsonl`);
      expect(all).toHaveLength(64);
      await expectSameIds(encoder, all);
      const cosines = cosinesWith(
        all,
        await encodeTexts(
          encoder,
          all.map(({ text }) => text),
          ALL,
        ),
      );
      expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.995);
      expect(cosines.reduce((sum, value) => sum + value, 0) / cosines.length).toBeGreaterThanOrEqual(0.998);
    },
  );

  test.skipIf(shared === undefined)("has nearly the original's vector of every token of Hello world", async () => {
    const expected = readHelloWorld();
    const [hello] = await encodeTexts(encoder, ["Hello world"], ALL);
    for (let token = 0; token < 4; token++) {
      const row = (values: Float32Array | undefined) => values?.subarray(token * 384, (token + 1) * 384) ?? [];
      expect(cosine(row(hello?.encoded.contextual), expected.last_hidden_state[token] ?? [])).toBeGreaterThanOrEqual(
        0.99,
      );
      expect(cosine(row(hello?.encoded.statics), expected.static_embedding[token] ?? [])).toBeGreaterThanOrEqual(0.99);
    }
  });
});

describe.skipIf(shared === undefined)("the plain fp32 export, whose graph gives last_hidden_state alone", () => {
  let encoder: Encoder;
  beforeAll(async () => {
    const folder = `${shared}models/${NAME}`;
    encoder = await openEncoder({ folder, file: "onnx/model.onnx", threads: 1, budget: PADDING_BUDGET });
  });
  afterAll(() => encoder.close());

  test("has the original library's embeddings on all 64 texts", async () => {
    const all = readReference(`${shared}reference/${NAME}.jsonl`);
    const cosines = cosinesWith(
      all,
      await encodeTexts(
        encoder,
        all.map(({ text }) => text),
        ALL,
      ),
    );
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.9999);
  });

  test("has the original's contextual and static vector of every token of Hello world", async () => {
    const expected = readHelloWorld();
    const [hello] = await encodeTexts(encoder, ["Hello world"], ALL);
    expect(largestDifference(hello?.encoded.contextual ?? [], expected.last_hidden_state.flat())).toBeLessThan(1e-4);
    expect(largestDifference(hello?.encoded.statics ?? [], expected.static_embedding.flat())).toBeLessThan(1e-4);
  });

  test("gives a text the same vectors alone and in a padded batch", async () => {
    expect(
      await batchDifference(
        encoder,
        readReference().map(({ text }) => text),
      ),
    ).toBeLessThanOrEqual(1e-5);
  });
});

describe.skipIf(shared === undefined)("a DeBERTa model with a Unigram tokenizer and no token types", () => {
  test("loads, gives Hello world as 4 vectors of 384, and the same ones in a padded batch", async () => {
    const encoder = await openEncoder({
      folder: `${shared}models/deberta-v2-tiny-random`,
      threads: 1,
      budget: PADDING_BUDGET,
    });
    const [hello] = await encodeTexts(encoder, ["Hello world"], ALL);
    expect(hello?.encoded.contextual).toHaveLength(4 * 384);
    expect(hello?.encoded.statics).toHaveLength(4 * 384);
    expect(hello?.encoded.embedding).toHaveLength(384);
    expect((await encoder.tokenize(["你好，世界"]))[0]?.ids).toHaveLength(8);
    expect(
      await batchDifference(encoder, ["Hello world", "你好，世界 and much more to pad the first"]),
    ).toBeLessThanOrEqual(1e-5);
    await encoder.close();
  });
});

interface HelloWorld {
  readonly last_hidden_state: readonly number[][];
  readonly static_embedding: readonly number[][];
}

function readHelloWorld(): HelloWorld {
  return JSON.parse(readFileSync(`${shared}reference/hello-world.json`, "utf8")) as HelloWorld;
}
