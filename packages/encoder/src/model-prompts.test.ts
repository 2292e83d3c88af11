import { describe, expect, test } from "vitest";
import { parseModelConfig } from "./parse-model-config.ts";

const NONE = { query: "", document: "" };

function promptsOf(sentenceTransformers: unknown, folder: string, more: object = {}, recipe?: unknown) {
  const config = { hidden_size: 8, ...more };
  const files = { tokenizerConfig: undefined, sentenceBert: undefined, pooling: undefined, modules: undefined };
  return parseModelConfig({ ...files, config, sentenceTransformers, folder, recipe }).prompts;
}

describe("what stands before a model's texts", () => {
  test("is what the folder says", () => {
    const prompts = { query: "search: ", passage: "text: ", sts: "x" };
    expect(promptsOf({ prompts }, "/m")).toEqual({ query: "search: ", document: "text: " });
    expect(promptsOf({ prompts: { query: "search: ", document: "" } }, "/m")).toEqual({ ...NONE, query: "search: " });
    expect(promptsOf({ prompts: { all: "say: " }, default_prompt_name: "all" }, "/m")).toEqual({
      query: "say: ",
      document: "say: ",
    });
    // Its own words, even where the name is known.
    expect(promptsOf({ prompts }, "/m/e5-small").query).toBe("search: ");
  });

  test("is known by the name where the folder says nothing", () => {
    const silent = [
      undefined,
      {},
      { prompts: {} },
      { prompts: { query: "", document: "" } },
      null,
      7,
      { prompts: "x" },
    ];
    for (const file of silent) {
      expect(promptsOf(file, "/models/intfloat/multilingual-e5-small")).toEqual({
        query: "query: ",
        document: "passage: ",
      });
      expect(promptsOf(file, "/models/x", { _name_or_path: "BAAI/bge-small-en-v1.5" })).toMatchObject({
        query: expect.stringMatching(/^Represent this sentence/) as string,
        document: "",
      });
      expect(promptsOf(file, "/models/all-MiniLM-L6-v2", { _name_or_path: "not-e5-small-at-all" })).toEqual(NONE);
    }
  });

  test("is what the user wrote beside, also where that is nothing", () => {
    const prompts = { query: "search: ", document: "text: " };
    expect(promptsOf({ prompts }, "/m/e5-small", {}, { prompts: { query: "q: " } })).toEqual({ ...NONE, query: "q: " });
    expect(promptsOf({ prompts }, "/m/e5-small", {}, { prompts: {} })).toEqual(NONE);
  });
});
