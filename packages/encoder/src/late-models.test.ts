import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureModel, goldenTokens, lateModels } from "../../../test/support/fixture-models.ts";
import { openEncoder } from "./encoder.ts";
import { makeGraph } from "./made-graph.ts";
import { readModelFolder } from "./read-model-folder.ts";
import type { Encoded, Encoder, QueryTokens } from "./types.ts";

/** Pads freely, where the usual budget would avoid it. */
const PADDING_BUDGET = { maxTokens: 20_000, runCostTokens: 1_000 };
const WANTS = { embedding: true, contextual: true, statics: true };
const SHARED = { dimensions: 12, tokenDimensions: 12, staticDimensions: 32, pooling: "mean", isProjected: false };
const EXPECTED: Readonly<Record<string, object>> = {
  "colbert-bert": { ...SHARED, maxTokens: 40, specialTokens: 3, leadingTokens: 2 },
  "colbert-modernbert": { ...SHARED, maxTokens: 48, specialTokens: 3, leadingTokens: 2 },
};

test("there is one of each layout", () => {
  expect(lateModels()).toEqual(Object.keys(EXPECTED));
});

describe.each(lateModels())("%s, as PyLate runs it", (name) => {
  const golden = goldenTokens(name);
  let encoder: Encoder;
  let tokens: QueryTokens[];
  let together: Encoded[];
  const encode = ({ ids, seen }: QueryTokens): Promise<Encoded> =>
    encoder.encode(ids, { wants: WANTS, lane: "bulk", seen });
  beforeAll(async () => {
    encoder = await openEncoder({ folder: fixtureModel(name), threads: 1, budget: PADDING_BUDGET });
    tokens = await Promise.all(
      golden.map(async ({ kind, text }) => {
        if (kind === "query") return encoder.tokenizeQuery(text);
        const [document] = await encoder.tokenize([text]);
        if (document === undefined) throw new Error("The tokenizer lost a text");
        return { ...document, seen: document.ids.length };
      }),
    );
    together = await Promise.all(tokens.map(encode));
  });
  afterAll(() => encoder.close());

  /** Vectors of the tokens that are compared. */
  const compared = (vectors: Float32Array, kept: readonly number[]): Float32Array[] =>
    kept.flatMap((isKept, row) => (isKept === 1 ? [vectors.subarray(row * 12, (row + 1) * 12)] : []));

  test("is read as its files say", () => {
    expect(encoder.info).toMatchObject(EXPECTED[name] ?? {});
  });

  test("has the same token ids, with the mark, the masks behind a query, and a text cut at the limit", () => {
    tokens.forEach(({ ids, seen, special }, i) => {
      const { text, ids: expected, attended } = golden[i] ?? { text: "" };
      expect([...ids], text).toEqual(expected);
      expect(seen, text).toBe(attended);
      expect(special.length, text).toBe(ids.length);
    });
    expect(tokens.filter(({ truncated }) => truncated).length).toBeGreaterThan(1);
    expect(
      golden.some(({ kind, attended, ids }) => kind === "query" && (name === "colbert-bert") === attended < ids.length),
    ).toBe(true);
  });

  test("compares the same tokens of a document", () => {
    tokens.forEach(({ ids }, i) => {
      const { kind, kept } = golden[i] ?? { kept: [] };
      if (kind === "document")
        expect(Array.from(ids, (id) => (encoder.info.lateInteraction?.skipped.has(id) === true ? 0 : 1))).toEqual(kept);
    });
  });

  test("has the same vector of each token that is compared, of length 1", () => {
    const cosines = together.flatMap(({ contextual = new Float32Array() }, i) => {
      const { kept = [], vectors = [] } = golden[i] ?? {};
      const own = compared(contextual, kept);
      expect(own).toHaveLength(vectors.length);
      for (const vector of own) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      return own.map((vector, row) => dot(vector, vectors[row] ?? []));
    });
    expect(cosines.length).toBeGreaterThan(300);
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.99999);
    // Or the golden vectors would prove nothing.
    const [first, second] = golden[6]?.vectors ?? [];
    expect(dot(first ?? [], second ?? [])).toBeLessThan(0.98);
  });

  test("has for an embedding the mean of the vectors of what the tokens see, at length 1", () => {
    together.forEach(({ embedding = new Float32Array(), contextual = new Float32Array() }, i) => {
      const mean = Array.from({ length: 12 }, (_, d) => {
        let sum = 0;
        for (let token = 0; token < (tokens[i]?.seen ?? 0); token += 1) sum += contextual[token * 12 + d] ?? 0;
        return sum;
      });
      expect(dot(embedding, mean) / Math.hypot(...mean)).toBeCloseTo(1, 5);
    });
  });

  test("gives a text the same vectors alone and in a padded batch", async () => {
    let most = 0;
    for (const [i, one] of tokens.entries()) {
      const alone = await encode(one);
      for (const output of ["embedding", "contextual", "statics"] as const)
        most = Math.max(most, largestDifference(alone[output] ?? [], together[i]?.[output] ?? []));
    }
    expect(most).toBeLessThanOrEqual(1e-5);
  });

  test("has nearly the same vectors in the graphs that are made of it for devices", async () => {
    const { folder, file, outputs, hasTokenTypes } = await readModelFolder(fixtureModel(name));
    const whole = Buffer.concat([await readFile(join(folder, file)), outputs.appended]);
    const { ids: list = [], vectors = [], attended = 0 } = golden[0] ?? {};
    for (const precision of ["float", "half"] as const) {
      const session = await InferenceSession.create(makeGraph(whole, precision), { logSeverityLevel: 4 });
      const as = (values: readonly number[]): Tensor =>
        new Tensor("int64", BigInt64Array.from(values, BigInt), [1, list.length]);
      const types = hasTokenTypes ? { token_type_ids: as(list.map(() => 0)) } : {};
      const mask = list.map((_, i) => (i < attended ? 1 : 0));
      const result = await session.run({ input_ids: as(list), attention_mask: as(mask), ...types });
      const data = result[outputs.contextual ?? ""]?.data as Float32Array;
      vectors.forEach((vector, row) => {
        expect(dot(data.subarray(row * 12, (row + 1) * 12), vector)).toBeGreaterThan(
          precision === "half" ? 0.999 : 0.99999,
        );
      });
      await session.release();
    }
  });

  test("marks ids that a caller gives as a document", () => {
    const [first = 0, mark = 0, ...rest] = golden.find(({ kind }) => kind === "document")?.ids ?? [];
    expect([...encoder.withSpecialTokens(rest.slice(0, -1))]).toEqual([first, mark, ...rest]);
  });
});

function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  return Array.from(one).reduce((sum, value, index) => sum + value * (other[index] ?? NaN), 0);
}

function largestDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  return Array.from(one).reduce((most, value, index) => Math.max(most, Math.abs(value - (other[index] ?? NaN))), 0);
}
