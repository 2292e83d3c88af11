import { DEFAULT_INDEX } from "@polyseme/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GRAPH_POLICY, wantsGraph, type GraphFacts } from "./graph-policy.ts";

const large: GraphFacts = { chunks: 100_000, exactMs: 40, pending: 0, hasGraph: false };
const auto = DEFAULT_INDEX;

test("a large collection whose exact scan is slow gets a graph, and none that is small, fast or not measured yet", () => {
  expect(wantsGraph(auto, 384, large)).toBe(true);
  expect(wantsGraph(auto, 384, { ...large, chunks: 9_999 })).toBe(false);
  expect(wantsGraph(auto, 384, { ...large, exactMs: 9.9 })).toBe(false);
  expect(wantsGraph(auto, 384, { ...large, exactMs: undefined })).toBe(false);
});

test("a graph that is there stays until the collection is much smaller or faster", () => {
  const there = { ...large, hasGraph: true };
  expect(wantsGraph(auto, 384, { ...there, chunks: 5_000, exactMs: 4 })).toBe(true);
  expect(wantsGraph(auto, 384, { ...there, exactMs: undefined })).toBe(true);
  expect(wantsGraph(auto, 384, { ...there, chunks: 4_999 })).toBe(false);
  expect(wantsGraph(auto, 384, { ...there, exactMs: 3.9 })).toBe(false);
});

test("while a load is under way no graph is begun, and one that is there is kept", () => {
  expect(wantsGraph(auto, 384, { ...large, pending: 20_000 })).toBe(true);
  expect(wantsGraph(auto, 384, { ...large, pending: 20_001 })).toBe(false);
  expect(wantsGraph(auto, 384, { ...large, pending: 1_000_000, hasGraph: true })).toBe(true);
});

test("the setting decides where it is not auto, and no graph finds everything or holds too wide vectors", () => {
  const tiny = { chunks: 1, exactMs: undefined, pending: 9, hasGraph: false };
  expect(wantsGraph({ ...auto, vector: "hnsw" }, 384, tiny)).toBe(true);
  expect(wantsGraph({ ...auto, vector: "exact" }, 384, large)).toBe(false);
  expect(wantsGraph({ ...auto, recall: 1 }, 384, large)).toBe(false);
  expect(wantsGraph(auto, 2_001, large)).toBe(false);
  expect(wantsGraph({ ...auto, precision: "half" }, 2_001, large)).toBe(true);
});

test("whatever it decides, it decides the same again once that is done", () => {
  const facts = fc.record({
    chunks: fc.integer({ min: 0, max: 50_000 }),
    exactMs: fc.option(fc.double({ min: 0, max: 40, noNaN: true }), { nil: undefined }),
    pending: fc.integer({ min: 0, max: 50_000 }),
    hasGraph: fc.boolean(),
  });
  fc.assert(
    fc.property(facts, (before) => {
      const wanted = wantsGraph(auto, 384, before, GRAPH_POLICY);
      expect(wantsGraph(auto, 384, { ...before, hasGraph: wanted })).toBe(wanted);
    }),
    { numRuns: 200 },
  );
});
