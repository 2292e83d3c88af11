import { setMaxListeners } from "node:events";
import { NO_TOKENS, tokenVectors, unpackTokens, type Chunking } from "@polyseme/core";
import { findModel, openEncoder, wordUnits, unitVectors, type Encoder } from "@polyseme/encoder";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embedDocument } from "./embed-document.ts";
import { planChunks } from "./plan-chunks.ts";
import { makeTokenPermits } from "./token-permits.ts";

let encoder: Encoder;
beforeAll(async () => {
  encoder = await openEncoder({ folder: (await findModel("all-MiniLM-L6-v2")).folder, threads: 1 });
});
afterAll(() => encoder.close());

const late = { ...NO_TOKENS, lateChunking: true } as const;
const chunkingOf = (maxTokens: number, overlapTokens = 0): Chunking => ({
  maxTokens,
  overlapTokens,
  strategy: "sentence",
});

/** Each window in work listens, as in the service. */
function manyListeners(controller: AbortController): AbortController {
  setMaxListeners(0, controller.signal);
  return controller;
}

const embed = (
  text: string,
  chunking: Chunking,
  {
    tokens = late,
    permits = makeTokenPermits(65_536),
    signal = manyListeners(new AbortController()).signal,
    on = encoder,
  }: Partial<{
    tokens: Parameters<typeof embedDocument>[1]["tokens"];
    permits: ReturnType<typeof makeTokenPermits>;
    signal: AbortSignal;
    on: Encoder;
  }> = {},
) =>
  embedDocument({ text }, { chunking, tokens, language: "en" }, on, permits, {
    flow: { key: "test", weight: 1 },
    signal,
  });

/** Some 1,200 tokens in which the same word means different things, far apart from what tells which. */
const LONG = Array.from({ length: 12 }, (_, part) =>
  part % 2 === 0
    ? `Chapter ${part}. The orchard lay behind the old mill. Every autumn the family picked apples there, and the ` +
      `children carried them home in baskets. It was sold in the market. Some of it was pressed into cider, which ` +
      `😀 everybody in the valley drank until spring came. Nobody counted how many trees there were.`
    : `Chapter ${part}. The company announced a new telephone. Its shares rose by ${part} percent on Monday. It was sold ` +
      `in forty countries. Analysts in 東京 expected more; competitors did not. The chairman refused to say how ` +
      `many people worked on it, or whether the factory in Ireland would stay open.`,
).join("\n\n");

const meanOf = (rows: readonly Float32Array[]): Float32Array => {
  const mean = (rows[0] ?? new Float32Array()).map((_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0));
  const length = Math.hypot(...mean);
  return mean.map((value) => value / length);
};
const rowsOf = (vectors: Float32Array, dimensions = 384): Float32Array[] =>
  Array.from({ length: vectors.length / dimensions }, (_, row) =>
    vectors.subarray(row * dimensions, (row + 1) * dimensions),
  );
const contextual = async (ids: Int32Array): Promise<Float32Array> => {
  const encoded = await encoder.encode(ids, { wants: { contextual: true }, lane: "interactive" });
  return encoded.contextual ?? new Float32Array();
};
const expectClose = (got: Float32Array | undefined, wanted: Float32Array): void => {
  expect(got?.length).toBe(wanted.length);
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - (got?.[i] ?? Infinity))))).toBeLessThan(1e-6);
};

/** Every token's vector by the rule as it is told, one window after the other. */
async function naiveVectors(ids: Int32Array): Promise<Float32Array[]> {
  const [payload, overlap] = [254, 62];
  const windows = Math.ceil((ids.length - overlap) / (payload - overlap));
  const vectors: Float32Array[] = [];
  for (let window = 0; window < windows; window += 1) {
    const first = Math.floor((window * (ids.length - overlap)) / windows);
    const end = Math.floor(((window + 1) * (ids.length - overlap)) / windows) + overlap;
    const rows = rowsOf(await contextual(Int32Array.of(101, ...ids.subarray(first, end), 102))).slice(1, -1);
    const kept = window === windows - 1 ? rows : rows.slice(0, -overlap / 2);
    vectors.push(...(window === 0 ? kept : kept.slice(overlap / 2)));
  }
  return vectors;
}

describe("a document that is one window", () => {
  const text = "The bank of the river was steep, so they moored further down.";

  test("has the mean of its tokens' vectors without the special ones, and is not as its text alone would be", async () => {
    const [tokens] = await encoder.tokenize([text]);
    const vectors = rowsOf(await contextual(tokens?.ids ?? new Int32Array()));
    const chunks = await embed(text, chunkingOf(256));
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toMatchObject({ start: 0, end: text.length, text, tokens: vectors.length - 2 });
    expectClose(chunks[0]?.embedding, meanOf(vectors.slice(1, -1)));
    const [plain] = await embed(text, chunkingOf(256), { tokens: NO_TOKENS });
    expect(plain?.embedding).not.toEqual(chunks[0]?.embedding);
  });

  test("of several chunks has for each the mean of its own tokens, which saw the others", async () => {
    const whole = LONG.slice(0, 700);
    const [tokens] = await encoder.tokenize([whole]);
    if (tokens === undefined) throw new Error("no tokens");
    expect(tokens.truncated).toBe(false);
    const vectors = rowsOf(await contextual(tokens.ids));
    const chunks = await embed(whole, chunkingOf(48));
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.map((chunk) => chunk.text).join("")).toBe(whole);
    for (const { start, end, embedding, tokens: count } of chunks) {
      const own = vectors.filter(
        (_, i) => tokens.special[i] === 0 && (tokens.starts[i] ?? 0) >= start && (tokens.starts[i] ?? 0) < end,
      );
      expect(count).toBe(own.length);
      expectClose(embedding, meanOf(own));
    }
  });
});

describe("a document of many windows", () => {
  test.each([
    ["without overlap", chunkingOf(64)],
    ["with overlapping chunks", chunkingOf(64, 20)],
    ["with chunks as large as windows", chunkingOf(256)],
  ])("%s is cut as the plan for all its tokens says, and has the vectors of the windows' rule", async (_, chunking) => {
    const tokens = await encoder.tokenizeWhole(LONG);
    const vectors = await naiveVectors(tokens.ids);
    expect(vectors).toHaveLength(tokens.ids.length);
    const spans = planChunks(LONG, tokens, chunking, 2);
    const chunks = await embed(LONG, chunking);
    expect(chunks.map(({ start, end }) => ({ start, end }))).toEqual(spans);
    for (const { start, end, embedding, text } of chunks) {
      expect(text).toBe(LONG.slice(start, end));
      const own = vectors.filter((_row, i) => (tokens.starts[i] ?? 0) >= start && (tokens.starts[i] ?? 0) < end);
      expectClose(embedding, meanOf(own));
    }
  });

  test("keeps for each word the mean of the windows' vectors, also where a window ends in it", async () => {
    const tokens = await encoder.tokenizeWhole(LONG);
    const vectors = await naiveVectors(tokens.ids);
    const chunks = await embed(LONG, chunkingOf(64), { tokens: { ...late, tokenVectors: "half" } });
    for (const { start, end, text, units } of chunks) {
      const inside = [...tokens.starts].flatMap((at, i) => (at >= start && at < end ? [i] : []));
      const own = {
        starts: Int32Array.from(inside, (i) => (tokens.starts[i] ?? 0) - start),
        ends: Int32Array.from(inside, (i) => (tokens.ends[i] ?? 0) - start),
        special: new Uint8Array(inside.length),
      };
      const words = wordUnits(text, own);
      const flat = Float32Array.from(inside.flatMap((i) => [...(vectors[i] ?? [])]));
      const wanted = unitVectors(words, flat, 384);
      const packed = unpackTokens(units?.packed ?? Buffer.alloc(0), 0);
      expect([...packed.units.starts]).toEqual([...words.starts]);
      const got = tokenVectors(packed);
      expect(got).toHaveLength(wanted.length);
      // Halves have eleven bits.
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] ?? NaN))))).toBeLessThan(4e-3);
    }
  });

  test("has the same vectors bit for bit whatever else is encoded with it", async () => {
    const alone = await embed(LONG, chunkingOf(64));
    const [among] = await Promise.all([
      embed(LONG, chunkingOf(64)),
      ...["one", "two words", LONG.slice(5), LONG.slice(300, 900)].map((text) => embed(text, chunkingOf(64))),
    ]);
    expect(among).toEqual(alone);
  });

  test("gives nothing of its context up: the same sentence differs by what stands around it", async () => {
    const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);
    const chunks = await embed(LONG, chunkingOf(24));
    const sold = chunks.filter(({ text }) => text.includes("It was sold"));
    const [fruit, firm, fruitAgain] = sold.map(({ embedding }) => embedding);
    if (fruit === undefined || firm === undefined || fruitAgain === undefined) throw new Error("not three of them");
    expect(cosine(fruit, fruitAgain)).toBeGreaterThan(cosine(fruit, firm));
  });
});

test("a text of which the tokenizer makes nothing has the embedding that it has without late chunking", async () => {
  const tokens = { ...late, tokenVectors: "int8" } as const;
  const [chunk] = await embed("\u200b\u200b", chunkingOf(256), { tokens });
  const [plain] = await embed("\u200b\u200b", chunkingOf(256), { tokens: NO_TOKENS });
  expect(chunk?.embedding).toEqual(plain?.embedding);
  expect(chunk?.tokens).toBe(0);
  expect(unpackTokens(chunk?.units?.packed ?? Buffer.alloc(0), 0).units.starts).toHaveLength(0);
});

/** Gives each token's place in its window as its vector, after a moment; tells how many tokens it had at once. */
function countingEncoder(): { encoder: Encoder; most: () => number } {
  let inWork = 0;
  let most = 0;
  const counting: Encoder = {
    ...encoder,
    async encode(ids) {
      inWork += ids.length;
      most = Math.max(most, inWork);
      await new Promise((resolve) => setImmediate(resolve));
      inWork -= ids.length;
      return { contextual: new Float32Array(384 * ids.length).fill(1), timing: { queuedMs: 0, encodeMs: 0 } };
    },
  };
  return { encoder: counting, most: () => most };
}

test("a document of a megabyte takes no more tokens at once than are allowed, and loses none", async () => {
  const text = LONG.repeat(300);
  expect(text.length).toBeGreaterThan(1_000_000);
  const { encoder: on, most } = countingEncoder();
  const chunks = await embed(text, chunkingOf(128), { permits: makeTokenPermits(4_096), on });
  expect(most()).toBeLessThanOrEqual(4_096);
  expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
  const { ids } = await encoder.tokenizeWhole(text);
  expect(chunks.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(ids.length);
});

test("a document that waits for its turn is given up when it is told to", async () => {
  const permits = makeTokenPermits(300);
  const giveBack = await permits.take(300, { key: "other", weight: 1 }, new AbortController().signal);
  const stop = manyListeners(new AbortController());
  const running = embed(LONG, chunkingOf(64), { permits, signal: stop.signal });
  const reason = new Error("the worker is stopping");
  setImmediate(() => stop.abort(reason));
  await expect(running).rejects.toBe(reason);
  giveBack();
  expect(permits.use.taken).toBe(0);
});
