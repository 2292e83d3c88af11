import { expect, test } from "vitest";
import { draftOf, hasOptions, requestOf, valuesOf } from "./search-draft.ts";

const VALUES = {
  collection: "shop",
  query: "a jacket",
  mode: "lexical",
  min: "0.5",
  group: "chunk",
  filter: '{"lang":{"$eq":"en"}}',
};

test("an address is a search and the search is that address again", () => {
  expect(valuesOf(draftOf(VALUES))).toEqual(VALUES);
  expect(requestOf(draftOf(VALUES))).toEqual({
    query: "a jacket",
    mode: "lexical",
    minScore: 0.5,
    group: "chunk",
    filter: { lang: { $eq: "en" } },
  });
});

test("what is as usual is asked for by nothing, and a hybrid search is not cut by its scores", () => {
  expect(requestOf(draftOf({ collection: "c", query: "q" }))).toEqual({ query: "q" });
  expect(requestOf(draftOf({ query: "q", mode: "hybrid", min: "0.5" }))).toEqual({ query: "q", mode: "hybrid" });
  expect(hasOptions(draftOf({ query: "q" }))).toBe(false);
});

test("what is wrong in an address is left out", () => {
  expect(requestOf(draftOf({ query: "q", mode: "odd", min: "x", filter: "{" }))).toEqual({ query: "q" });
});
