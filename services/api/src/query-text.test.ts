import { NO_TOKENS } from "@polyseme/core";
import { expect, test } from "vitest";
import { queryText } from "./query-text.ts";

const model = { prompts: { query: "query: ", document: "passage: " } };

test("a query has the model's words before it, except where chunks have none before them", () => {
  expect(queryText(model, { tokens: NO_TOKENS }, "pears")).toBe("query: pears");
  expect(queryText(model, { tokens: { ...NO_TOKENS, lateChunking: true } }, "pears")).toBe("pears");
  expect(queryText(model, { tokens: { ...NO_TOKENS, tokenVectors: "int8" } }, "pears")).toBe("pears");
});
