import { describe, expect, test } from "vitest";
import { overlapOf, queryOf } from "./overlap-figures.ts";

describe("the overlap of two answers", () => {
  test("is the share of documents that both have, whatever their order", () => {
    expect(overlapOf(["a", "b", "c", "d"], ["d", "c", "x", "y"])).toBe(0.5);
    expect(overlapOf(["a"], ["a"])).toBe(1);
    expect(overlapOf(["a", "b"], ["a"])).toBe(0.5);
    expect(overlapOf([], [])).toBe(1);
    expect(overlapOf([], ["a"])).toBe(0);
  });
});

describe("a question made of a document", () => {
  test("is its title, or else the first sentence of the chunk, and never long or half a character", () => {
    expect(queryOf({ title: " On banks ", text: "Anything." })).toBe("On banks");
    expect(queryOf({ title: null, text: " The first one. The second one." })).toBe("The first one.");
    expect(queryOf({ title: "  ", text: "Only this" })).toBe("Only this");
    const long = queryOf({ title: null, text: `${"x".repeat(199)}👍${"y".repeat(3_000)}` });
    expect(long).toHaveLength(200);
    expect(long.isWellFormed()).toBe(true);
  });
});
