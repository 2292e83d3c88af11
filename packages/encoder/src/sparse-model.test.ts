import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SparseVector } from "@polyseme/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/support/compare-vectors.ts";
import { goldenSparse, SPARSE_DIMENSIONS, SPARSE_MODEL, SPARSE_MODELS } from "../../../test/support/sparse-model.ts";
import { fixtureModel } from "../../../test/support/fixture-models.ts";
import { makeCatalog } from "./catalog.ts";
import { embedTexts, openEncoder } from "./encoder.ts";
import { readModelFolder } from "./read-model-folder.ts";
import { isSparseGraph, sparseBatchTokens } from "./sparse-output.ts";
import { sparseRow } from "./sparse-row.ts";
import { sparseTexts } from "./sparse-texts.ts";
import type { Encoder } from "./types.ts";

const FOLDER = join(SPARSE_MODELS, SPARSE_MODEL);
const BULK = { lane: "bulk" } as const;
/** Pads freely, where the usual budget would avoid it. */
const PADDING_BUDGET = { maxTokens: 20_000, runCostTokens: 1_000 };

describe("a SPLADE model, as sentence-transformers runs it", () => {
  const golden = goldenSparse();
  const texts = golden.map(({ text }) => text);
  let encoder: Encoder;
  let together: SparseVector[];
  beforeAll(async () => {
    encoder = await openEncoder({ folder: FOLDER, threads: 1, budget: PADDING_BUDGET });
    together = await sparseTexts(encoder, texts, BULK);
  });
  afterAll(() => encoder.close());

  test("is read as its files say", () => {
    expect(encoder.info).toMatchObject({ kind: "sparse", dimensions: SPARSE_DIMENSIONS, maxTokens: 64 });
  });

  test("has the same tokens with a weight, and the same weights", async () => {
    const tokenised = await encoder.tokenizeIds(texts);
    golden.forEach(({ text, ids, indices, values }, i) => {
      expect([...(tokenised[i]?.ids ?? [])], text).toEqual(ids);
      expect([...(together[i]?.indices ?? [])], text).toEqual(indices);
      expect(largestDifference(together[i]?.values ?? [], values)).toBeLessThanOrEqual(1e-5);
    });
    // Or the golden weights would prove nothing.
    expect(new Set(golden.map(({ indices }) => indices.join())).size).toBe(golden.length);
  });

  test("gives a text the same weights alone and in a padded batch", async () => {
    for (const [i, text] of texts.entries()) {
      const [alone] = await sparseTexts(encoder, [text], BULK);
      expect([...(alone?.indices ?? [])]).toEqual([...(together[i]?.indices ?? [])]);
      expect(largestDifference(alone?.values ?? [], together[i]?.values ?? [])).toBeLessThanOrEqual(1e-5);
    }
  });

  test("refuses to give an embedding, as an embedding model refuses to give weights", async () => {
    await expect(embedTexts(encoder, ["hello"], BULK)).rejects.toMatchObject({ code: "invalid" });
    const dense = await openEncoder({ folder: fixtureModel("bert-wordpiece"), threads: 1 });
    await expect(sparseTexts(dense, ["hello"], BULK)).rejects.toMatchObject({ code: "invalid" });
    expect(dense.info.kind).toBe("dense");
    await dense.close();
  });
});

describe("which models are sparse", () => {
  let copy: string;
  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), "polyseme-sparse-"));
    await cp(FOLDER, copy, { recursive: true });
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  test("is seen without modules.json too, by the class that was saved and the graph's only output", async () => {
    await rm(join(copy, "modules.json"));
    expect((await readModelFolder(copy)).outputs.sparse).toBe("sparse_embedding");
    const masked = { isSplade: false, architecture: "MPNetForMaskedLM" };
    // Embedding models are called so as well: all-mpnet-base-v2 is.
    expect(isSparseGraph({ outputs: ["last_hidden_state"] }, masked)).toBe(false);
    expect(isSparseGraph({ outputs: ["logits"] }, masked)).toBe(true);
    expect(isSparseGraph({ outputs: ["logits"] }, { ...masked, architecture: "BertForSequenceClassification" })).toBe(
      false,
    );
  });

  test("is told by the catalog, which offers each kind for its own setting alone", async () => {
    const catalog = makeCatalog({ defaultModel: "all-MiniLM-L6-v2", modelsDir: SPARSE_MODELS });
    expect(await catalog.describeSparse(SPARSE_MODEL)).toEqual({ model: SPARSE_MODEL, dimensions: SPARSE_DIMENSIONS });
    const message = expect.stringContaining("sparse.model") as string;
    await expect(catalog.describe(SPARSE_MODEL)).rejects.toMatchObject({ code: "invalid", message });
    await expect(catalog.describeSparse("all-MiniLM-L6-v2")).rejects.toMatchObject({
      code: "invalid",
      details: { field: "sparse.model" },
    });
  });

  test("leaves out poolings that give other weights, and a vocabulary of unknown size", async () => {
    await cp(join(FOLDER, "modules.json"), join(copy, "modules.json"));
    await writeFile(join(copy, "1_SpladePooling/config.json"), JSON.stringify({ pooling_strategy: "sum" }));
    await expect(readModelFolder(copy)).rejects.toMatchObject({
      code: "model_unavailable",
      details: { file: "1_SpladePooling/config.json" },
    });
    await cp(join(FOLDER, "1_SpladePooling/config.json"), join(copy, "1_SpladePooling/config.json"));
    const { vocab_size: _, ...config } = JSON.parse(await readFile(join(FOLDER, "config.json"), "utf8")) as {
      vocab_size: number;
    };
    await writeFile(join(copy, "config.json"), JSON.stringify(config));
    await expect(readModelFolder(copy)).rejects.toMatchObject({ details: { file: "config.json" } });
  });
});

describe("the weights of a text", () => {
  test("are those above 0, the largest of them, of equal ones the first", () => {
    const row = Float32Array.of(0, 3, 0, 1, 2, 1, 0);
    expect(sparseRow(row)).toEqual({ indices: Int32Array.of(1, 3, 4, 5), values: Float32Array.of(3, 1, 2, 1) });
    expect(sparseRow(row, 3)).toEqual({ indices: Int32Array.of(1, 3, 4), values: Float32Array.of(3, 1, 2) });
    expect(sparseRow(new Float32Array(4)).indices).toHaveLength(0);
  });

  test("are a thousand at most", () => {
    const row = Float32Array.from({ length: 5_000 }, (_, at) => 1 + ((at * 7_919) % 5_000));
    const { indices, values } = sparseRow(row);
    expect(indices).toHaveLength(1_000);
    expect(Math.min(...values)).toBe(4_001);
    expect([...indices]).toEqual([...indices].sort((a, b) => a - b));
  });

  test("are refused where one is no number", () => {
    expect(() => sparseRow(Float32Array.of(1, NaN))).toThrow(/NaN/);
    expect(() => sparseRow(Float32Array.of(1, Infinity))).toThrow(/infinite/);
  });

  test("are made of so many tokens at once that their logits fill no memory", () => {
    expect(sparseBatchTokens(30_522)).toBe(1_099);
    expect(sparseBatchTokens(2 ** 26)).toBe(1);
  });
});
