import { describe, expect, test } from "vitest";
import { nearestCentroid, nearestUse } from "./classify-use.ts";
import { kindsOfMistakes } from "./mistake-kinds.ts";
import { scoreSenses } from "./score-senses.ts";
import type { Use } from "./uses.ts";
import type { UseVectors } from "./vectors-of-uses.ts";

const labelled = (sense: string, ...vector: number[]) => ({ sense, vector });

describe("the sense of a use", () => {
  test("is that of the nearest labelled use by cosine, whatever the vectors' lengths", () => {
    const verdict = nearestUse([1, 0.2], [labelled("far", 0, 9), labelled("near", 0.1, 0)]);
    expect([...verdict.shares]).toEqual([["near", 1]]);
    expect(verdict.nearest).toBe(1);
    expect(verdict.similarity).toBeCloseTo(1 / Math.hypot(1, 0.2), 12);
  });

  test("is that of the nearest centroid, in which a long vector weighs no more than a short one", () => {
    const uses = [labelled("a", 100, 0), labelled("a", 0, 1), labelled("b", 1, 0.1)];
    // The centroid of a is at 45 degrees, so a use at 40 degrees is nearer to it than to b.
    expect([...nearestCentroid([Math.cos(0.7), Math.sin(0.7)], uses).shares.keys()]).toEqual(["a"]);
    expect([...nearestUse([Math.cos(0.2), Math.sin(0.2)], uses).shares.keys()]).toEqual(["b"]);
  });

  test("is shared where uses are tied: by their number for the nearest use, equally between centroids", () => {
    const same = [labelled("a", 1, 1), labelled("a", 1, 1), labelled("a", 2, 2), labelled("b", 1, 1)];
    expect(nearestUse([1, 0], same).shares).toEqual(new Map([["a", 0.75], ["b", 0.25]])); // prettier-ignore
    expect(nearestCentroid([1, 0], same).shares).toEqual(new Map([["a", 0.5], ["b", 0.5]])); // prettier-ignore
  });

  test("cannot be asked for when nothing is labelled", () => {
    expect(() => nearestUse([1], [])).toThrow(RangeError);
  });
});

describe("accuracy over words", () => {
  const use = (word: string, sense: string, split?: "train" | "test"): Use => ({
    origin: `u:${sense}`,
    word,
    text: `${word} ${sense}`,
    sense,
    start: 0,
    end: word.length,
    split,
  });
  /** Contextual vectors as given; static ones the same for all. */
  const vectors = (...contextual: (readonly number[])[]): UseVectors[] =>
    contextual.map((vector) => ({ contextual: vector, static: [1, 1] }));

  test("counts every word the same, however many uses it has", () => {
    const uses = [
      ...["x", "x", "x", "y", "y", "y"].map((sense) => use("many", sense)),
      ...["x", "x", "y", "y"].map((sense) => use("few", sense)),
    ];
    // The uses of "many" lie by their senses; those of "few" each beside one of the other sense.
    const many = [[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1], [0.2, 1]]; // prettier-ignore
    const few = [[1, 0], [0, 1], [1, 0.01], [0.01, 1]]; // prettier-ignore
    const report = scoreSenses({ uses, heldOut: "one out" }, vectors(...many, ...few));
    expect(report.words.map(({ word, asked, accuracy }) => [word, asked, accuracy.contextual.use])).toEqual([
      ["many", 6, 1],
      ["few", 4, 0],
    ]);
    expect(report.accuracy.contextual.use.mean).toBe(0.5);
    // All static vectors are tied: 2 of 5 others have the right sense, and 1 of 3.
    expect(report.accuracy.static.use.mean).toBeCloseTo((2 / 5 + 1 / 3) / 2, 12);
    expect(report.accuracy.static.centroid.mean).toBe(0.5);
  });

  test("asks the test part only, and knows the train part only", () => {
    const uses = [use("w", "x", "train"), use("w", "y", "train"), use("w", "x", "test"), use("w", "y", "test")];
    // The test uses are nearest to each other; with those unseen, each goes to its own sense.
    const report = scoreSenses({ uses, heldOut: "given" }, vectors([1, 0], [0, 1], [1, 0.9], [0.9, 1]));
    expect(report).toMatchObject({ asked: 2, leftOut: 0, mistakes: [] });
    expect(report.words).toMatchObject([{ senses: 2, labelled: 2, asked: 2 }]);
  });

  test("leaves out what no rule could get right or wrong", () => {
    const uses = [use("w", "x"), use("w", "x"), use("w", "lonely"), use("one", "x"), use("one", "x")];
    const report = scoreSenses({ uses, heldOut: "one out" }, vectors([1, 0], [1, 0], [0, 1], [1, 0], [1, 0]));
    expect(report).toMatchObject({ asked: 2, leftOut: 3 });
    expect(report.words.map(({ word }) => word)).toEqual(["w"]);
    expect(() => scoreSenses({ uses: [use("w", "x")], heldOut: "one out" }, vectors([1, 0]))).toThrow(
      "Label more uses",
    );
  });

  test("lists each mistake with the use it was nearest to, the same kinds together", () => {
    const uses = [use("w", "x"), use("w", "x"), use("w", "y"), use("w", "y"), use("w", "y")];
    // The first two lie beside the third, of another sense.
    const report = scoreSenses({ uses, heldOut: "one out" }, vectors([1, 0.2], [1, -0.2], [1, 0], [0, 1], [0, 1]));
    const [kind, ...others] = kindsOfMistakes(report.mistakes.filter(({ rule }) => rule === "use"));
    expect(kind).toMatchObject({ word: "w", sense: "x", predicted: "y" });
    expect(kind?.mistakes.map(({ use: wrong, nearest }) => [uses.indexOf(wrong), uses.indexOf(nearest)])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(others.map(({ sense, predicted, mistakes }) => [sense, predicted, mistakes.length])).toEqual([
      ["y", "x", 1],
    ]);
  });
});
