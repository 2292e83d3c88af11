import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseDepth, type Depth, type GraphMeasure } from "./search-measure.ts";

const depth = (efSearch: number, recall: number, ms: number, error = 0): Depth => ({ efSearch, recall, ms, error });
const graph: GraphMeasure = {
  index: "i",
  precision: "full",
  depths: {
    10: [depth(20, 0.8, 1), depth(40, 0.92, 2), depth(100, 0.97, 4), depth(1_000, 0.995, 30)],
    100: [depth(100, 0.9, 5), depth(200, 0.98, 8)],
  },
};

test("the shallowest search that finds enough is taken", () => {
  expect(chooseDepth(graph, 0.8, 10)).toMatchObject({ efSearch: 20, ms: 1, reaches: true });
  expect(chooseDepth(graph, 0.95, 1)).toMatchObject({ efSearch: 100, ms: 4, reaches: true });
});

test("a measure that may have been lucky does not count as enough", () => {
  const unsure = { ...graph, depths: { ...graph.depths, 10: [depth(40, 0.96, 2, 0.02), depth(100, 0.97, 4, 0.01)] } };
  expect(chooseDepth(unsure, 0.95, 10).efSearch).toBe(100);
});

test("where none finds enough the deepest is taken, and it says so", () => {
  expect(chooseDepth(graph, 0.999, 10)).toMatchObject({ efSearch: 1_000, recall: 0.995, reaches: false });
});

test("for counts between the measured ones it lies between, and beyond them it grows with the count", () => {
  expect(chooseDepth(graph, 0.95, 55)).toMatchObject({ efSearch: 150, ms: 6 });
  expect(chooseDepth(graph, 0.95, 100)).toMatchObject({ efSearch: 200, ms: 8 });
  expect(chooseDepth(graph, 0.95, 250)).toMatchObject({ efSearch: 500, ms: 20 });
  expect(chooseDepth(graph, 0.95, 1_000)).toMatchObject({ efSearch: 2_000, ms: 80 });
});

test("asking for more never searches less deeply", () => {
  const counts = fc.integer({ min: 1, max: 2_000 });
  const recalls = fc.constantFrom(0.5, 0.9, 0.95, 0.99);
  fc.assert(
    fc.property(recalls, counts, counts, (recall, a, b) => {
      const [few, many] = [Math.min(a, b), Math.max(a, b)];
      expect(chooseDepth(graph, recall, few).efSearch).toBeLessThanOrEqual(chooseDepth(graph, recall, many).efSearch);
    }),
    { numRuns: 200 },
  );
});
