import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fixtureModel } from "../../../test/support/fixture-models.ts";
import { openEncoder } from "./encoder.ts";
import { parseMetadata, parsePyLate } from "./late-interaction.ts";
import { parseModelConfig, type ModelConfig } from "./parse-model-config.ts";

const refusal = (file: string, message: RegExp) =>
  expect.objectContaining({ file, message: expect.stringMatching(message) as string }) as Error;

describe("what a late-interaction model wants of its texts", () => {
  test("is PyLate's default where its file says nothing", () => {
    expect(parsePyLate(undefined, undefined)).toMatchObject({
      queryMark: "[Q] ",
      documentMark: "[D] ",
      queryTokens: 32,
      documentTokens: 180,
      fillsQueries: true,
      seesMasks: false,
    });
    expect(parsePyLate({}, undefined).skippedWords).toHaveLength(32);
    expect(parsePyLate({ query_prefix: null, skiplist_words: [] }, undefined)).toMatchObject({
      queryMark: "[Q] ",
      skippedWords: [],
    });
  });

  test("leaves masks unseen where there are none", () => {
    const file = { do_query_expansion: false, attend_to_expansion_tokens: true };
    expect(parsePyLate(file, undefined)).toMatchObject({ fillsQueries: false, seesMasks: false });
  });

  test("is what artifact.metadata says", () => {
    const file = { query_maxlen: 64, doc_maxlen: 300, dim: 96, mask_punctuation: false, attend_to_mask_tokens: true };
    expect(parseMetadata(file, { mask_token: { content: "<m>" } })).toMatchObject({
      queryMark: "[unused0]",
      documentMark: "[unused1]",
      queryTokens: 64,
      documentTokens: 300,
      seesMasks: true,
      skippedWords: [],
      dimensions: 96,
      fillers: ["<m>", "[MASK]", "<mask>"],
    });
  });

  test.each([
    [{ query_prefix: 7 }, /query_prefix/],
    [{ query_length: 2 }, /query_length/],
    [{ document_length: 1.5 }, /document_length/],
    [{ do_query_expansion: "yes" }, /do_query_expansion/],
    [{ skiplist_words: "," }, /skiplist_words/],
    [{ skiplist_words: [1] }, /skiplist_words/],
  ])("is refused by its field: %j", (file, message) => {
    expect(() => parsePyLate(file, undefined)).toThrow(refusal("config_sentence_transformers.json", message));
  });

  test("is refused where vectors are compared by their distance", () => {
    expect(() => parseMetadata({ similarity: "l2" }, undefined)).toThrow(refusal("artifact.metadata", /l2/));
  });
});

describe("the layers of a late-interaction model", () => {
  const module = (type: string, path = "") => ({ type: `pylate.models.${type}.${type}`, path });
  const layer = (from: number, to: number) => ({
    in_features: from,
    out_features: to,
    bias: false,
    activation_function: "torch.nn.Identity",
  });
  const parse = (files: Record<string, unknown> & { dense?: ReadonlyMap<string, unknown> }): ModelConfig =>
    parseModelConfig({
      ...{ tokenizerConfig: undefined, sentenceBert: { max_seq_length: 31 }, pooling: undefined, modules: undefined },
      config: { hidden_size: 8, max_position_embeddings: 100 },
      ...files,
    });

  test("are those behind the transformer, and give its vectors their width", () => {
    const modules = [
      module("Transformer"),
      module("Dense", "1_Dense"),
      module("Dense", "2_Dense"),
      module("Normalize"),
    ];
    const dense = new Map<string, unknown>([
      ["1_Dense", layer(8, 6)],
      ["2_Dense", { ...layer(6, 4), module_input_name: "token_embeddings" }],
    ]);
    expect(parse({ modules, dense })).toMatchObject({
      ...{ dimensions: 4, tokenDimensions: 4, staticDimensions: 8, maxTokens: 100, pooling: "mean", head: [] },
      lateInteraction: { queryTokens: 32, documentTokens: 100 },
    });
    expect(() => parse({ modules: [...modules, module("Dense", "1_Dense")], dense })).toThrow(
      refusal("modules.json", /between two layers/),
    );
    const wrong = new Map([...dense, ["2_Dense", layer(5, 4)]]);
    expect(() => parse({ modules, dense: wrong })).toThrow(
      refusal("2_Dense/config.json", /takes 5 values and is given 6/),
    );
    const pooled = new Map([...dense, ["2_Dense", { ...layer(6, 4), module_input_name: "sentence_embedding" }]]);
    expect(() => parse({ modules, dense: pooled })).toThrow(refusal("2_Dense/config.json", /sentence_embedding/));
  });

  test("are one of the authors' own, unless modules.json says what the model is", () => {
    const metadata = { dim: 4, doc_maxlen: 50 };
    expect(parse({ metadata })).toMatchObject({ dimensions: 4, tokenDimensions: 4, maxTokens: 50 });
    expect(parse({}).lateInteraction).toBeUndefined();
    expect(() => parse({ metadata: {} })).toThrow(refusal("artifact.metadata", /dim/));
  });
});

describe("a late-interaction model's folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "polyseme-late-"));
    await cp(fixtureModel("colbert-bert"), folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const edit = async (file: string, change: (text: string) => string): Promise<void> =>
    writeFile(join(folder, file), change(await readFile(join(folder, file), "utf8")));
  const openingFails = (file: string, message: RegExp): Promise<void> =>
    expect(openEncoder({ folder, threads: 1 })).rejects.toMatchObject({
      code: "model_unavailable",
      message: expect.stringMatching(message) as string,
      details: { file },
    });

  test("without the layer's weights is refused", async () => {
    await rm(join(folder, "model.safetensors"));
    await openingFails("model.safetensors", /missing/);
    await writeFile(join(folder, "pytorch_model.bin"), "");
    await openingFails("pytorch_model.bin", /pickle/);
  });

  test("with a layer of another width than it says is refused", async () => {
    await edit("artifact.metadata", (text) => text.replace('"dim": 12', '"dim": 13'));
    await openingFails("model.safetensors", /\[12, 32\] as linear.weight, \[13, 32\] is wanted/);
  });

  test("whose tokenizer lacks the mark is refused", async () => {
    await edit("artifact.metadata", (text) => text.replace("[unused0]", "[unused7]"));
    await openingFails("tokenizer.json", /no token "\[unused7\]"/);
  });

  test("with room for the whole query leaves it as long as it is where it is not filled up", async () => {
    const encoder = await openEncoder({ folder: fixtureModel("colbert-modernbert"), threads: 1 });
    const { ids: filled } = await encoder.tokenizeQuery("Hello");
    await encoder.close();
    await cp(fixtureModel("colbert-modernbert"), folder, { recursive: true });
    await edit("config_sentence_transformers.json", (text) =>
      text.replace('"do_query_expansion": true', '"do_query_expansion": false'),
    );
    const bare = await openEncoder({ folder, threads: 1 });
    const { ids, seen } = await bare.tokenizeQuery("Hello");
    await bare.close();
    expect([...ids]).toEqual([...filled.subarray(0, ids.length)]);
    expect(seen).toBe(ids.length);
    expect(ids.length).toBeLessThan(filled.length);
  });
});
