import { describe, expect, test } from "vitest";
import { modelPrompts } from "./model-prompts.ts";

const NONE = { query: "", document: "" };

describe("what stands before a model's texts", () => {
  test("is what the folder says", () => {
    const prompts = { query: "search: ", passage: "text: ", sts: "x" };
    expect(modelPrompts({ prompts }, [])).toEqual({ query: "search: ", document: "text: " });
    expect(modelPrompts({ prompts: { query: "search: ", document: "" } }, [])).toEqual({ ...NONE, query: "search: " });
    expect(modelPrompts({ prompts: { all: "say: " }, default_prompt_name: "all" }, [])).toEqual({
      query: "say: ",
      document: "say: ",
    });
  });

  test("is known by the name where the folder says nothing", () => {
    for (const file of [
      undefined,
      {},
      { prompts: {} },
      { prompts: { query: "", document: "" } },
      null,
      7,
      { prompts: "x" },
    ]) {
      expect(modelPrompts(file, ["/models/intfloat/multilingual-e5-small"])).toEqual({
        query: "query: ",
        document: "passage: ",
      });
      expect(modelPrompts(file, ["/models/x", "BAAI/bge-small-en-v1.5"])).toMatchObject({
        query: expect.stringMatching(/^Represent this sentence/) as string,
        document: "",
      });
      expect(modelPrompts(file, ["/models/all-MiniLM-L6-v2", "not-e5-small-at-all"])).toEqual(NONE);
    }
  });
});
