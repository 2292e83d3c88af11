import { describe, expect, test } from "vitest";
import { explainedHits } from "./explain-hits.ts";
import { searchPlan, type PlanBody } from "./search-plan.ts";
import { writeCursor } from "./search/search-page.ts";

const plan = (body: PlanBody): ReturnType<typeof searchPlan> => searchPlan(body, "notes");

describe("a search's plan", () => {
  test("without rerank has as many candidates as hits", () => {
    expect(plan({ query: "q" })).toMatchObject({
      k: 10,
      candidates: 10,
      rerank: undefined,
      explain: false,
      mode: "vector",
    });
    expect(plan({ query: "q", k: 1_000, rerank: "none", explain: true })).toMatchObject({ candidates: 1_000 });
    expect(plan({})).toMatchObject({ rerank: undefined, explain: false, collections: ["notes"] });
  });

  test.each(["maxsim", "cross"] as const)(
    "with rerank %s has 100, as many as were asked for, or at least as many as hits",
    (rerank) => {
      expect(plan({ query: "q", rerank })).toMatchObject({ candidates: 100, rerank });
      expect(plan({ query: "q", rerank, candidates: 50 })).toMatchObject({ candidates: 50 });
      expect(plan({ query: "q", rerank, k: 150 })).toMatchObject({ candidates: 150 });
    },
  );

  test("ranks by the texts of several collections, as it needs no vectors of theirs", () => {
    const body = { query: "q", rerank: "cross", collections: ["b"], mode: "lexical" } as const;
    expect(plan(body)).toMatchObject({ rerank: "cross", collections: ["notes", "b"] });
  });

  test("names each collection once, that of the path first", () => {
    expect(plan({ query: "q", collections: ["b", "notes", "b"] }).collections).toEqual(["notes", "b"]);
  });

  test("takes the next page of the same search, with another k at most, as deep as the first was", () => {
    const first = plan({ query: "q", mode: "hybrid", k: 500 });
    const last = { score: 0.5, collection: "notes", documentId: "a", chunk: { ordinal: 2 } };
    const page = writeCursor({ last, seen: 500, depth: first.depth }, first.request);
    expect(plan({ query: "q", mode: "hybrid", k: 5, page })).toMatchObject({
      cursor: { last, seen: 500 },
      depth: first.depth,
    });
    expect(plan({ query: "q", mode: "hybrid", k: 5 }).depth).toBeLessThan(first.depth);
    for (const other of [{ query: "other" }, { query: "q", group: "chunk" as const }, { query: "q", minScore: 0.1 }])
      expect(() => plan({ ...other, page })).toThrow(expect.objectContaining({ details: { field: "page" } }));
    expect(() => searchPlan({ query: "q", mode: "hybrid", page }, "others")).toThrow(/another search/);
  });

  test.each([
    ["explain without a query", { explain: true }, "explain"],
    ["rerank without a query", { rerank: "maxsim" as const }, "rerank"],
    ["rerank by a model without a query", { rerank: "cross" as const }, "rerank"],
    [
      "to explain what a model ranked by words",
      { query: "q", mode: "lexical", rerank: "cross", explain: true } as const,
      "explain",
    ],
    ["candidates without rerank", { query: "q", candidates: 100 }, "candidates"],
    ["fewer candidates than hits", { query: "q", rerank: "maxsim" as const, k: 60, candidates: 50 }, "candidates"],
    ["more hits than can be ranked", { query: "q", rerank: "maxsim" as const, k: 201 }, "k"],
    ["a search by words without a query", { like: "a", mode: "lexical" as const }, "mode"],
    ["to explain a score by words", { query: "q", mode: "hybrid" as const, explain: true }, "explain"],
    ["a least hybrid score", { query: "q", mode: "hybrid" as const, minScore: 0 }, "minScore"],
    ["a least score with rerank", { query: "q", rerank: "maxsim" as const, minScore: 0 }, "minScore"],
    ["pages of what is ranked anew", { query: "q", rerank: "maxsim" as const, page: "x" }, "page"],
    ["rerank over several collections", { query: "q", rerank: "maxsim" as const, collections: ["b"] }, "collections"],
    ["a page that is none", { query: "q", page: "ISEK" }, "page"],
  ])("%s is refused", (_, body, field) => {
    expect(() => plan(body)).toThrow(expect.objectContaining({ code: "invalid", details: { field } }));
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
