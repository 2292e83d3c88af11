import { describe, expect, test } from "vitest";
import { parseModelConfig, type ModelConfig } from "./parse-model-config.ts";

const NO_FILES = { tokenizerConfig: undefined, sentenceBert: undefined, pooling: undefined, modules: undefined };
const module = (type: string, path = "") => ({ type: `sentence_transformers.models.${type}`, path });
const DENSE = { in_features: 8, out_features: 4, bias: true, activation_function: "torch.nn.modules.activation.Tanh" };

function parse(files: Record<string, unknown> & { dense?: ReadonlyMap<string, unknown> }): ModelConfig {
  return parseModelConfig({ ...NO_FILES, config: { hidden_size: 8 }, ...files });
}

const refusal = (file: string, message: RegExp) =>
  expect.objectContaining({ file, message: expect.stringMatching(message) as string }) as Error;

describe("how many tokens a model takes", () => {
  test("is fewer than its positions where those are counted from the padding's id on", () => {
    const config = { hidden_size: 8, model_type: "roberta", max_position_embeddings: 514, pad_token_id: 1 };
    expect(parse({ config })).toMatchObject({ maxTokens: 512, positionOffset: 2 });
    expect(parse({ config, sentenceBert: { max_seq_length: 128 } }).maxTokens).toBe(128);
    expect(parse({ config: { ...config, model_type: "bert" } })).toMatchObject({ maxTokens: 514, positionOffset: 0 });
  });

  test("is what the model says before what its tokenizer says, and never more than it has positions", () => {
    const config = { hidden_size: 8, max_position_embeddings: 2048 };
    const tokenizerConfig = { model_max_length: 512 };
    expect(parse({ config, tokenizerConfig }).maxTokens).toBe(512);
    expect(parse({ config, tokenizerConfig, sentenceBert: { max_seq_length: 1024 } }).maxTokens).toBe(1024);
    expect(parse({ config, sentenceBert: { max_seq_length: 9000 } }).maxTokens).toBe(2048);
    expect(parse({ config, tokenizerConfig: { model_max_length: 1e30 } }).maxTokens).toBe(2048);
    expect(parse({}).maxTokens).toBe(512);
  });

  test("is what the user wrote, before all of them", () => {
    expect(parse({ sentenceBert: { max_seq_length: 64 }, recipe: { maxTokens: 300 } }).maxTokens).toBe(300);
  });
});

describe("the pooling", () => {
  test.each([
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, "cls"],
    [{ pooling_mode: "lasttoken" }, "last"],
    [{ pooling_mode: ["max"] }, "max"],
    [{ pooling_mode_mean_sqrt_len_tokens: true }, "mean"],
    [{ embedding_dimension: 8 }, "mean"],
    [undefined, "mean"],
  ])("of %j is %s", (pooling, expected) => {
    expect(parse({ pooling }).pooling).toBe(expected);
  });

  test.each([
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }, /cls and mean/],
    [{ pooling_mode: ["mean", "max"] }, /mean and max/],
    [{ pooling_mode_weightedmean_tokens: true }, /weightedmean/],
    [{ pooling_mode: "weightedmean" }, /weightedmean/],
    [{ pooling_mode: "toString" }, /toString/],
  ])("of %j is refused by its name", (pooling, message) => {
    expect(() => parse({ pooling })).toThrow(refusal("1_Pooling/config.json", message));
  });

  test("that leaves prompts out is refused where there are any", () => {
    const pooling = { pooling_mode: "mean", include_prompt: false };
    const sentenceTransformers = { prompts: { query: "q: " } };
    expect(parse({ pooling }).pooling).toBe("mean");
    expect(() => parse({ pooling, sentenceTransformers })).toThrow(refusal("1_Pooling/config.json", /include_prompt/));
    expect(parse({ pooling, sentenceTransformers, recipe: { prompts: {} } }).pooling).toBe("mean");
  });

  test("is the user's, before the folder's, before what is known of the name", () => {
    const named = { folder: "/models/BAAI/bge-m3" };
    expect(parse(named)).toMatchObject({ pooling: "cls", poolingIsOwn: false });
    expect(parse({ ...named, pooling: { pooling_mode: "max" } }).pooling).toBe("max");
    const recipe = { pooling: "last" };
    expect(parse({ ...named, pooling: { pooling_mode: "max" }, recipe })).toMatchObject({
      pooling: "last",
      poolingIsOwn: true,
    });
  });
});

describe("modules.json", () => {
  const before = [module("Transformer"), module("Pooling", "1_Pooling")];

  test("says what follows the pooling, in its order", () => {
    const dense = new Map([
      ["2_Dense", DENSE],
      ["4_Dense", { in_features: 4, out_features: 6, bias: false, activation_function: "torch.nn.Identity" }],
    ]);
    const modules = [...before, module("Dense", "2_Dense"), module("Normalize"), module("Dense", "4_Dense")];
    expect(parse({ modules: [...modules, module("Dropout"), module("Normalize")], dense })).toMatchObject({
      head: [
        { kind: "dense", from: 8, to: 4, hasBias: true, activation: "Tanh" },
        { kind: "normalise" },
        { kind: "dense", from: 4, to: 6, hasBias: false, activation: undefined },
      ],
      dimensions: 6,
      tokenDimensions: 8,
      isCut: false,
      normalises: true,
    });
    expect(parse({ modules, dense }).normalises).toBe(false);
    expect(parse({ modules: [...before, module("Normalize")] })).toMatchObject({ head: [], normalises: true });
  });

  test.each([
    [[module("StaticEmbedding")], /begins with "StaticEmbedding"/],
    [[module("Router")], /"Router"/],
    [[...before, module("LayerNorm", "2_LayerNorm")], /"LayerNorm"/],
    [[module("Transformer"), module("Dense", "1_Dense"), module("Pooling", "2_Pooling")], /"Dense" where the pooling/],
    [[module("Transformer"), module("Pooling", "../../etc")], /no folder of the model/],
    [[...before, module("Dense", "/etc")], /no folder of the model/],
    [[], /no list/],
    [{}, /no list/],
    [Array.from({ length: 100 }, () => module("Normalize")), /no list/],
    ["[]", /no list/],
  ])("is refused when it is %j", (modules, message) => {
    expect(() => parse({ modules })).toThrow(refusal("modules.json", message));
  });

  test.each([
    [undefined, /in_features/],
    [{ ...DENSE, in_features: 9 }, /takes 9 values and is given 8/],
    [{ ...DENSE, out_features: 1e12 }, /in_features and out_features/],
    [{ ...DENSE, activation_function: "torch.nn.modules.activation.Softplus" }, /Softplus/],
    [{ ...DENSE, activation_function: "builtins.constructor" }, /constructor/],
    [{ ...DENSE, module_input_name: "token_embeddings" }, /token_embeddings/],
    [{ ...DENSE, use_residual: true }, /use_residual/],
  ])("with a dense layer of %j is refused", (layer, message) => {
    const modules = [...before, module("Dense", "2_Dense")];
    const dense = new Map([["2_Dense", layer]]);
    expect(() => parse({ modules, dense })).toThrow(refusal("2_Dense/config.json", message));
  });

  test("with a mean by the root of the length is refused where a layer would see the difference", () => {
    const pooling = { pooling_mode: "mean_sqrt_len_tokens" };
    const dense = new Map([["2_Dense", DENSE]]);
    expect(() => parse({ modules: [...before, module("Dense", "2_Dense")], dense, pooling })).toThrow(/mean_sqrt/);
  });
});

describe("a recipe of the user's", () => {
  test("cuts the embedding, and says to what it may be cut further", () => {
    expect(parse({ recipe: { dimensions: 6, matryoshka: [8, 6, 4, 2] } })).toMatchObject({
      dimensions: 6,
      tokenDimensions: 8,
      isCut: true,
      matryoshka: [4, 2],
    });
    const config = { hidden_size: 8, matryoshka_dimensions: [2, 4, 8] };
    expect(parse({ config })).toMatchObject({ dimensions: 8, isCut: false, matryoshka: [2, 4] });
  });

  test.each([
    [[], /no JSON object/],
    [{ poolling: "cls" }, /"poolling"; known are pooling, prompts, maxTokens, dimensions, matryoshka/],
    [{ pooling: "sum" }, /wrong pooling/],
    [{ prompts: "query: " }, /wrong prompts/],
    [{ prompts: { passage: "x" } }, /wrong prompts/],
    [{ prompts: { query: "x".repeat(5_000) } }, /wrong prompts/],
    [{ maxTokens: 2 }, /wrong maxTokens/],
    [{ dimensions: 0.5 }, /wrong dimensions/],
    [{ dimensions: 9 }, /9 dimensions of a model that gives 8/],
    [{ matryoshka: [4, -1] }, /wrong matryoshka/],
  ])("%j is refused, as a field not understood would not be obeyed", (recipe, message) => {
    expect(() => parse({ recipe })).toThrow(refusal("polyseme.json", message));
  });
});
