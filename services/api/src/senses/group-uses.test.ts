import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupUses } from "./group-uses.ts";
import { meanSilhouette } from "./silhouette.ts";
import { dot, rowAt, rowsOf, unit, type Rows } from "./unit-vectors.ts";

const WIDTH = 48;

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Clouds of unit vectors around centres that share a large part, as the uses of one word do. */
function clouds(sizes: readonly number[], apart: number, seed = 1, width = WIDTH): { rows: Rows; truth: number[] } {
  const next = random(seed);
  const noise = (): number => (next() + next() + next() - 1.5) * 0.5;
  const truth = sizes.flatMap((size, group) => new Array<number>(size).fill(group));
  const vectors = truth.map((group) =>
    unit(Float32Array.from({ length: width }, (_, i) => (i === 0 ? 3 : 0) + (i === group + 1 ? apart : 0) + noise())),
  );
  return { rows: rowsOf(vectors, width), truth };
}

/** Whether two labellings put the same rows together. */
function sameGroups(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const pairs = new Set(Array.from(a, (label, i) => `${label} ${b[i]}`));
  return pairs.size === new Set(Array.from(a)).size && pairs.size === new Set(Array.from(b)).size;
}

describe("uses that lie in clouds", () => {
  for (const sizes of [
    [20, 20],
    [40, 12],
    [30, 20, 10],
    [15, 14, 13, 12],
    [12, 12, 12, 12, 12, 12],
  ])
    test(`of ${sizes.join(", ")} are grouped exactly so`, () => {
      const { rows, truth } = clouds(sizes, 3);
      const { labels, groups } = groupUses(rows);
      expect(groups).toBe(sizes.length);
      expect(sameGroups(labels, truth)).toBe(true);
    });

  test("are numbered by size", () => {
    const { rows, truth } = clouds([8, 30, 15], 3);
    const { labels } = groupUses(rows);
    expect([...labels]).toEqual(truth.map((group) => [2, 0, 1][group]));
  });

  test("that are one cloud are one group", () => {
    for (const seed of [1, 2, 3, 4, 5])
      for (const size of [6, 40, 300])
        expect([size, groupUses(clouds([size], 3, seed).rows).groups]).toEqual([size, 1]);
  });

  test("with a single stray use beside them keep it in the nearest", () => {
    const { rows, truth } = clouds([30, 30, 1], 3);
    const { labels, groups } = groupUses(rows);
    expect(groups).toBe(2);
    expect(sameGroups(labels.slice(0, 60), truth.slice(0, 60))).toBe(true);
  });
});

describe("groups that are decided on by some uses alone", () => {
  test("take in the others, which do not come between", () => {
    const { rows, truth } = clouds([20, 20], 3);
    // The same uses in another form of the word: moved, all in one direction, by more than the senses lie apart.
    const moved = Array.from({ length: rows.count }, (_, i) =>
      unit(rowAt(rows, i).map((value, j) => value + (j === 40 ? 6 : 0))),
    );
    const both = rowsOf([...Array.from({ length: rows.count }, (_, i) => rowAt(rows, i)), ...moved], WIDTH);
    const truths = [...truth, ...truth];
    expect(sameGroups(groupUses(both).labels, truths)).toBe(false);
    const { labels, groups } = groupUses(both, [...truth.keys()]);
    expect([groups, sameGroups(labels, truths)]).toEqual([2, true]);
  });
});

describe("any uses", () => {
  test("are grouped alike in whatever order they come", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.nat(1_000),
        (sizes, apart, seed) => {
          const { rows } = clouds(sizes, apart, seed);
          const next = random(seed + 7);
          const order = Array.from({ length: rows.count }, (_, i) => ({ i, at: next() }))
            .sort((a, b) => a.at - b.at)
            .map(({ i }) => i);
          const shuffled = rowsOf(
            order.map((i) => rowAt(rows, i)),
            WIDTH,
          );
          const [one, other] = [groupUses(rows), groupUses(shuffled)];
          expect([other.groups, other.silhouette]).toEqual([one.groups, one.silhouette]);
          expect([...other.labels]).toEqual(order.map((i) => one.labels[i]));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("few or all alike, are one group", () => {
    const same = new Array<Float32Array>(50).fill(unit([1, 2, 3]));
    for (const vectors of [[], same.slice(0, 1), same.slice(0, 3), same]) {
      const { groups, labels } = groupUses(rowsOf(vectors, 3));
      expect([groups, Math.max(0, ...labels)]).toEqual([vectors.length === 0 ? 0 : 1, 0]);
    }
  });
});

test("twice as many uses are at most some four times the work: every pair is looked at a fixed number of times", () => {
  const groupedMs = (sizes: readonly number[]): number => {
    const { rows, truth } = clouds(sizes, 3, 9, 384);
    const times = [1, 2, 3].map(() => {
      // The processor's time: a machine that is busy with other tests takes longer by the clock.
      const before = process.cpuUsage();
      const { labels } = groupUses(rows);
      const { user, system } = process.cpuUsage(before);
      expect(sameGroups(labels, truth)).toBe(true);
      return (user + system) / 1_000;
    });
    return Math.min(...times);
  };
  groupedMs([250, 150, 100]);
  expect(groupedMs([500, 300, 200]) / groupedMs([250, 150, 100])).toBeLessThan(7);
});

test("a silhouette is that of all pairs", () => {
  const { rows, truth } = clouds([5, 4, 3], 1);
  const labels = Int32Array.from(truth);
  const distance = (a: number, b: number): number => 1 - dot(rowAt(rows, a), rowAt(rows, b));
  const all = [...labels.keys()];
  const scores = all.map((i) => {
    const mean = (group: number): number => {
      const others = all.filter((j) => labels[j] === group && j !== i);
      return others.reduce((sum, j) => sum + distance(i, j), 0) / others.length;
    };
    const within = mean(labels[i] ?? 0);
    const other = Math.min(...[0, 1, 2].filter((group) => group !== labels[i]).map(mean));
    return (other - within) / Math.max(within, other);
  });
  const expected = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  expect(meanSilhouette(rows, labels, 3)).toBeCloseTo(expected, 5);
});
