import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rm } from "node:fs/promises";
import { TINY, TINY_DIMENSIONS, TINY_TABLE, writeTinyModel } from "../../../test/fixtures/encoder/tiny-model.ts";
import type { BatchReport } from "./batch-runner.ts";
import { encodeTexts, openEncoder } from "./encoder.ts";
import type { EncodeOptions, Encoder } from "./types.ts";

const EMBEDDING: EncodeOptions = { wants: { embedding: true }, lane: "bulk" };
const ids = (...values: number[]): Int32Array => Int32Array.from(values);
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6) as number);

describe("an encoder of known vectors with one thread", () => {
  let folder: string;
  let encoder: Encoder;
  const batches: BatchReport[] = [];

  beforeAll(async () => {
    folder = await writeTinyModel();
    encoder = await openEncoder({ folder, threads: 1, onBatch: (batch) => void batches.push(batch) });
  });
  afterAll(async () => {
    await encoder.close();
    await rm(folder, { recursive: true });
  });

  test("texts queued in one turn run as one batch and each gets what it asked for", async () => {
    batches.length = 0;
    const [one, two] = await Promise.all([
      encoder.encode(ids(TINY.a), EMBEDDING),
      encoder.encode(ids(TINY.b, TINY.c), { wants: { contextual: true, statics: true }, lane: "bulk" }),
    ]);
    expect(batches).toMatchObject([{ texts: 2, tokens: 3, paddedTokens: 4, lane: "bulk" }]);
    expect([...(one.embedding ?? [])]).toEqual(close([0.6, 0.8, 0, 0]));
    expect(one.contextual).toBeUndefined();
    expect(two.embedding).toBeUndefined();
    expect([...(two.contextual ?? [])]).toEqual([...(TINY_TABLE[TINY.b] ?? []), ...(TINY_TABLE[TINY.c] ?? [])]);
    expect(two.statics).toHaveLength(2 * TINY_DIMENSIONS);
  });

  test("a text whose vector is NaN or zero fails alone", async () => {
    const results = await Promise.allSettled(
      [TINY.a, TINY.nan, TINY.zero, TINY.b].map((id) => encoder.encode(ids(id), EMBEDDING)),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { code: "encode_failed" } });
    expect(results[2]).toMatchObject({ reason: { code: "encode_failed" } });
  });

  test("a text that makes the run fail is found by halving, and its neighbours succeed", async () => {
    batches.length = 0;
    const results = await Promise.allSettled(
      [TINY.a, TINY.b, TINY.beyondTable, TINY.c, TINY.a].map((id) => encoder.encode(ids(id), EMBEDDING)),
    );
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect(results[2]).toMatchObject({ reason: { code: "encode_failed" } });
    expect(batches.reduce((sum, { texts }) => sum + texts, 0)).toBe(4);
  });

  test("a text aborted before its batch is rejected with the reason and not run", async () => {
    batches.length = 0;
    const abort = new AbortController();
    const running = encoder.encode(ids(TINY.a), EMBEDDING);
    const aborted = encoder.encode(ids(TINY.b, TINY.b), { ...EMBEDDING, signal: abort.signal });
    expect(encoder.waitingTokens).toBe(3);
    const reason = new Error("the client left");
    abort.abort(reason);
    expect(encoder.waitingTokens).toBe(1);
    await expect(aborted).rejects.toBe(reason);
    await running;
    await expect(encoder.encode(ids(TINY.b), { ...EMBEDDING, signal: abort.signal })).rejects.toBe(reason);
    expect(batches).toMatchObject([{ texts: 1, tokens: 1 }]);
  });

  test("a text without tokens is refused", async () => {
    await expect(encoder.encode(ids(), EMBEDDING)).rejects.toMatchObject({ code: "invalid" });
  });

  test("a long text is cut to the model's tokens with its last special token kept", async () => {
    const [tokens] = await encoder.tokenize(["a b c a b c a b c"]);
    expect([...(tokens?.ids ?? [])]).toEqual([TINY.cls, 4, 5, 6, 4, 5, 6, TINY.sep]);
    expect([...(tokens?.special ?? [])]).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
    expect(tokens?.truncated).toBe(true);
    const whole = await encoder.tokenizeWhole("a b c a b c a b c");
    expect(whole.ids).toHaveLength(9);
  });

  test("a text of several hundred thousand tokens is tokenised whole with offsets into it", async () => {
    const text = "😀 " + "a b c ".repeat(100_000);
    const tokens = await encoder.tokenizeWhole(text);
    expect(tokens.ids).toHaveLength(300_001);
    expect(text.slice(tokens.starts[299_999], tokens.ends[300_000])).toBe("b c");
  });

  test("an empty text is its special tokens alone", async () => {
    const [tokens] = await encoder.tokenize([""]);
    expect([...(tokens?.ids ?? [])]).toEqual([TINY.cls, TINY.sep]);
  });
});

test("closing runs what waits, and later texts are refused as unavailable", async () => {
  const folder = await writeTinyModel();
  const encoder = await openEncoder({ folder, threads: 1, budget: { maxItems: 1 } });
  const waiting = Array.from({ length: 20 }, () => encoder.encode(ids(TINY.a, TINY.b), EMBEDDING));
  const closed = encoder.close();
  await expect(encoder.encode(ids(TINY.a), EMBEDDING)).rejects.toMatchObject({ code: "unavailable" });
  await closed;
  expect(encoder.waitingTokens).toBe(0);
  expect(await Promise.all(waiting)).toHaveLength(20);
  await encoder.close();
  await rm(folder, { recursive: true });
});

test.each([
  ["mean", {}, [1 + 3 - 5, 1 + 4, 0, 12]],
  ["cls", { pooling_mode_cls_token: true }, [1, 0, 0, 0]],
  ["max", { pooling_mode_max_tokens: true }, [3, 4, 0, 12]],
  ["last", { pooling_mode_lasttoken: true }, [0, 1, 0, 0]],
])(
  "the %s pooling appended to a plain graph ignores padding, in old and new operator sets",
  async (name, pooling, sum) => {
    const norm = Math.hypot(...sum);
    for (const opset of [17, 18]) {
      const folder = await writeTinyModel(pooling, opset);
      const encoder = await openEncoder({ folder, threads: 1, budget: { runCostTokens: 100 } });
      expect(encoder.info.pooling).toBe(name);
      const [padded] = await encodeTexts(encoder, ["a c", "b b b b b b"], EMBEDDING);
      expect([...(padded?.encoded.embedding ?? [])]).toEqual(close(sum.map((value) => value / norm)));
      await encoder.close();
      await rm(folder, { recursive: true });
    }
  },
);

test("a text that makes the run fail costs at most twelve runs more in a batch of 64, and none once it is alone", async () => {
  const folder = await writeTinyModel();
  let good = 0;
  let failed = 0;
  const encoder = await openEncoder({
    folder,
    threads: 1,
    onBatch: () => good++,
    onFailedRun: () => failed++,
  });
  for (const place of [0, 40, 63]) {
    good = failed = 0;
    const texts = Array.from({ length: 64 }, (_, i) => ids(i === place ? TINY.beyondTable : TINY.a));
    const results = await Promise.allSettled(texts.map((text) => encoder.encode(text, EMBEDDING)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(63);
    expect(results[place]).toMatchObject({ reason: { code: "encode_failed", retry: "never" } });
    expect(good + failed).toBe(1 + 12);
    expect(failed).toBe(7);
  }
  await encoder.close();
  await rm(folder, { recursive: true });
});
