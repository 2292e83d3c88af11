import { describe, expect, test } from "vitest";
import { knownRecipe } from "./known-models.ts";

describe("a model that is known by its name", () => {
  test.each([
    ["BAAI/bge-m3", "cls"],
    ["Xenova/bge-large-en-v1.5", "cls"],
    ["mixedbread-ai/mxbai-embed-large-v1", "cls"],
    ["Alibaba-NLP/gte-base-en-v1.5", "cls"],
    ["thenlper/gte-base", "mean"],
    ["jinaai/jina-embeddings-v2-base-de", "mean"],
    ["intfloat/multilingual-e5-large", "mean"],
    ["nomic-ai/nomic-embed-text-v1.5", "mean"],
    ["onnx-community/Qwen3-Embedding-0.6B-ONNX", "last"],
  ])("%s pools by %s", (name, pooling) => {
    expect(knownRecipe([name]).pooling).toBe(pooling);
    expect(knownRecipe([`/models/${name}@main`]).pooling).toBe(pooling);
    expect(knownRecipe([`C:\\models\\${name.replace("/", "\\")}\\`]).pooling).toBe(pooling);
  });

  test("has its prompts, with the space that is a part of them", () => {
    expect(knownRecipe(["nomic-ai/nomic-embed-text-v1"]).prompts).toEqual({
      query: "search_query: ",
      document: "search_document: ",
    });
    expect(knownRecipe(["e5-base-v2"]).prompts).toEqual({ query: "query: ", document: "passage: " });
    expect(knownRecipe(["bge-m3"]).prompts).toBeUndefined();
  });

  test("is no other whose name only looks like it", () => {
    for (const name of ["my-bge-m3-tuned", "multilingual-e5-large-instruct", "all-MiniLM-L6-v2", "", "e5"])
      expect(knownRecipe([name])).toEqual({});
  });
});
