import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crossModels, fixtureModel, fixtureModels, goldenPairs } from "../../../test/support/fixture-models.ts";
import { openCrossEncoder, type CrossEncoder } from "./cross-encoder.ts";
import { parsePairConfig, readAnyConfig, readPairFolder } from "./pair-folder.ts";
import { openPairTokenizer } from "./pair-tokenizer.ts";
import { readModelFolder } from "./read-model-folder.ts";

/** Pads freely, where the usual budget would avoid it. */
const PADDING_BUDGET = { maxTokens: 20_000, runCostTokens: 1_000 };
const NOW = { lane: "interactive" } as const;

describe.each(crossModels())("the cross-encoder %s", (name) => {
  const golden = goldenPairs(name);
  const queries = [...new Set(golden.map(({ query }) => query))];
  let model: CrossEncoder;
  beforeAll(async () => {
    model = await openCrossEncoder({ folder: fixtureModel(name), threads: 1, budget: PADDING_BUDGET });
  });
  afterAll(() => model.close());

  test("has the same token ids and types of each pair, also of an empty text and of pairs cut at the limit", async () => {
    const tokenizer = await openPairTokenizer(await readPairFolder(fixtureModel(name)));
    for (const { query, text, ids, types } of golden) {
      const [pair] = await tokenizer.tokenizePairs(query, [text]);
      expect([...(pair?.ids ?? [])], text).toEqual(ids);
      expect([...(pair?.types ?? [])], text).toEqual(types);
    }
    expect(Math.max(...golden.map(({ ids }) => ids.length))).toBe(model.info.maxTokens);
  });

  test("has the same logit and score of each pair, alone and in a padded batch", async () => {
    let [most, mostAlone] = [0, 0];
    for (const query of queries) {
      const pairs = golden.filter((pair) => pair.query === query);
      const together = await model.score(
        query,
        pairs.map(({ text }) => text),
        NOW,
      );
      for (const [i, { text, logit, score }] of pairs.entries()) {
        const [alone] = await model.score(query, [text], NOW);
        const found = together[i] ?? { logit: NaN, score: NaN };
        most = Math.max(most, Math.abs(found.score - score), Math.abs(found.logit - logit));
        mostAlone = Math.max(mostAlone, Math.abs(found.logit - (alone?.logit ?? NaN)));
      }
    }
    expect(most).toBeLessThanOrEqual(1e-5);
    expect(mostAlone).toBeLessThanOrEqual(1e-5);
    const scores = golden.map(({ score }) => score);
    expect(Math.max(...scores) - Math.min(...scores)).toBeGreaterThan(0.02);
  });

  test("says which pairs were cut, or refuses them before any is scored", async () => {
    const long = "word ".repeat(500);
    const scores = await model.score("a word", ["short", long], NOW);
    expect(scores.map(({ truncated }) => truncated)).toEqual([false, true]);
    const refusal = model.score("a word", ["short", long], { ...NOW, refuseCut: (i) => new Error(`${i}`) as never });
    await expect(refusal).rejects.toThrow("1");
  });

  test("gives up with the signal's reason", async () => {
    const gone = new Error("gone");
    const aborted = model.score("a", ["b"], { ...NOW, signal: AbortSignal.abort(gone) });
    await expect(aborted).rejects.toBe(gone);
  });
});

describe("a folder", () => {
  test("is of one kind or the other, and is refused in the place of the other with the reason", async () => {
    for (const name of crossModels()) {
      expect(await readAnyConfig(fixtureModel(name))).toMatchObject({ kind: "pairs", config: { maxTokens: 64 } });
      await expect(readModelFolder(fixtureModel(name))).rejects.toThrow(/logits .* POLYSEME_RERANK_MODEL/);
    }
    for (const name of fixtureModels()) {
      expect(await readAnyConfig(fixtureModel(name))).toMatchObject({ kind: "encoder" });
      await expect(openCrossEncoder({ folder: fixtureModel(name) })).rejects.toMatchObject({
        code: "model_unavailable",
        message: expect.stringMatching(/config\.json names the architecture .*ForSequenceClassification/) as string,
      });
    }
  });

  const config = { architectures: ["BertForSequenceClassification"], id2label: { 0: "LABEL_0" }, hidden_size: 8 };
  const files = { config, tokenizerConfig: undefined, sentenceBert: undefined, pooling: undefined, modules: undefined };

  test.each([
    ["several labels", { config: { ...config, id2label: { 0: "no", 1: "yes" } } }, "config.json", /2 labels/],
    ["modules behind the transformer", { modules: [{}, {}] }, "modules.json", /behind the transformer/],
    ["a recipe for embeddings", { recipe: { pooling: "cls" } }, "polyseme.json", /"pooling"/],
    ["no architecture", { config: { hidden_size: 8 } }, "config.json", /ForSequenceClassification/],
  ])("with %s is refused", (_, changed, file, message) => {
    expect(parsePairConfig(files)).toMatchObject({ maxTokens: 512 });
    const read = (): unknown => parsePairConfig({ ...files, ...changed });
    expect(read).toThrow(expect.objectContaining({ file }));
    expect(read).toThrow(message);
  });

  test("may say its limit of tokens in a recipe", () => {
    expect(parsePairConfig({ ...files, recipe: { maxTokens: 32 } })).toMatchObject({ maxTokens: 32 });
  });
});
