import { describe, expect, test } from "vitest";
import { explainedHits } from "./explain-hits.ts";
import { searchPlan } from "./search-plan.ts";

describe("a search's plan", () => {
  test("without rerank has as many candidates as hits", () => {
    expect(searchPlan({ query: "q" })).toEqual({ k: 10, candidates: 10, rerank: false, explain: false });
    expect(searchPlan({ query: "q", k: 1_000, rerank: "none", explain: true })).toMatchObject({ candidates: 1_000 });
    expect(searchPlan({})).toMatchObject({ rerank: false, explain: false });
  });

  test("with rerank has 100, as many as were asked for, or at least as many as hits", () => {
    const rerank = "maxsim";
    expect(searchPlan({ query: "q", rerank })).toMatchObject({ candidates: 100, rerank: true });
    expect(searchPlan({ query: "q", rerank, candidates: 50 })).toMatchObject({ candidates: 50 });
    expect(searchPlan({ query: "q", rerank, k: 150 })).toMatchObject({ candidates: 150 });
  });

  test.each([
    ["explain without a query", { explain: true }, "explain"],
    ["rerank without a query", { rerank: "maxsim" as const }, "rerank"],
    ["candidates without rerank", { query: "q", candidates: 100 }, "candidates"],
    ["fewer candidates than hits", { query: "q", rerank: "maxsim" as const, k: 60, candidates: 50 }, "candidates"],
    ["more hits than can be ranked", { query: "q", rerank: "maxsim" as const, k: 201 }, "k"],
  ])("%s is refused", (_, body, field) => {
    expect(() => searchPlan(body)).toThrow(expect.objectContaining({ code: "invalid", details: { field } }));
  });
});

test("so many hits are explained: all of a page, fewer where tokens are encoded for it or the query is long", () => {
  expect(explainedHits(10, 15, false)).toBe(10);
  expect(explainedHits(100, 15, false)).toBe(20);
  expect(explainedHits(1_000, 15, true)).toBe(200);
  expect(explainedHits(200, 8_000, true)).toBe(2);
  expect(explainedHits(200, 30_000, true)).toBe(1);
  expect(explainedHits(0, 15, true)).toBe(0);
});
