import { describe, expect, test } from "vitest";
import { onPlane } from "./plane.ts";
import { similarities } from "./similarities.ts";
import { dot, rowAt, rowsOf, unit } from "./unit-vectors.ts";

describe("the plane of the largest differences", () => {
  // A wide ellipse in dimensions 3 and 7, tilted, with the rest still.
  const vectors = Array.from({ length: 40 }, (_, i) => {
    const angle = (i / 40) * 2 * Math.PI;
    return Float32Array.from({ length: 10 }, (_, j) =>
      j === 3 ? 5 * Math.cos(angle) : j === 7 ? 2 * Math.sin(angle) : 1,
    );
  });

  test("keeps distances between rows that lie in a plane", () => {
    const places = onPlane(rowsOf(vectors, 10));
    for (const i of vectors.keys())
      for (const j of vectors.keys()) {
        const [[xi, yi] = [0, 0], [xj, yj] = [0, 0]] = [places[i], places[j]];
        const [a = [], b = []] = [[...(vectors[i] ?? [])], [...(vectors[j] ?? [])]];
        expect(Math.hypot(xi - xj, yi - yj)).toBeCloseTo(Math.hypot(...a.map((value, at) => value - (b[at] ?? 0))), 2);
      }
  });

  test("has the larger difference first, and is the same each time", () => {
    const places = onPlane(rowsOf(vectors, 10));
    const spread = (axis: 0 | 1): number => Math.max(...places.map((place) => Math.abs(place[axis])));
    expect([spread(0), spread(1)].map((value) => Math.round(value * 100) / 100)).toEqual([5, 2]);
    expect(onPlane(rowsOf(vectors, 10))).toEqual(places);
  });

  test("is a point for rows that are all alike, and nothing for none", () => {
    expect(onPlane(rowsOf([vectors[0] ?? new Float32Array(), vectors[0] ?? new Float32Array()], 10))).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(onPlane(rowsOf([], 10))).toEqual([]);
  });
});

describe("similarities within and across groups", () => {
  const rows = rowsOf(
    [
      [1, 0, 0],
      [1, 0.5, 0],
      [0, 1, 1],
      [0, 1, 0.2],
      [0.3, 1, 1],
    ].map(unit),
    3,
  );
  const labels = Int32Array.of(0, 0, 1, 1, 1);

  test("are means over all pairs", () => {
    const pairs = [...labels.keys()].flatMap((i) =>
      [...labels.keys()].filter((j) => j > i).map((j) => ({ i, j, cosine: dot(rowAt(rows, i), rowAt(rows, j)) })),
    );
    const mean = (same: boolean): number => {
      const chosen = pairs.filter(({ i, j }) => (labels[i] === labels[j]) === same);
      return chosen.reduce((sum, { cosine }) => sum + cosine, 0) / chosen.length;
    };
    const { within, across } = similarities(rows, labels, 2);
    expect(within).toBeCloseTo(mean(true), 5);
    expect(across).toBeCloseTo(mean(false), 5);
  });

  test("are null where there is no such pair", () => {
    expect(similarities(rows, new Int32Array(5), 1).across).toBeNull();
    expect(similarities(rowsOf([unit([1, 2])], 2), Int32Array.of(0), 1)).toEqual({ within: null, across: null });
  });
});
