import { packTokens } from "@polyseme/core";
import type { TokenChunk } from "@polyseme/store";
import { describe, expect, test } from "vitest";
import { commonForms, nearestWords, usedForms } from "./neighbours.ts";
import { unit } from "./unit-vectors.ts";

/** A chunk of words, each with its vector. */
function chunkOf(id: string, words: readonly (readonly [word: string, vector: readonly number[]])[]): TokenChunk {
  const text = words.map(([word]) => word).join(" ");
  let at = 0;
  const starts = words.map(([word]) => {
    const start = at;
    at += word.length + 1;
    return start;
  });
  const units = {
    starts: Int32Array.from(starts),
    ends: Int32Array.from(words, ([word], i) => (starts[i] ?? 0) + word.length),
    pieces: Int32Array.from(words, () => 1),
    rows: Int32Array.from(words, (_, i) => i),
  };
  const vectors = Float32Array.from(words.flatMap(([, vector]) => [...vector]));
  const tokens = packTokens(units, vectors, { precision: "int8", dimensions: 2, origin: 0 });
  return { documentId: id, ordinal: 0, start: 0, end: text.length, text, tokens };
}

const chunks = [
  chunkOf("a", [
    ["apple", [1, 0]],
    ["pear", [0.9, 0.1]],
    ["the", [0.99, 0.1]],
    [".", [1, 0]],
  ]),
  chunkOf("b", [
    ["Pears", [1, 0.05]],
    ["laptop", [0, 1]],
    ["2024", [1, 0]],
  ]),
];

describe("the forms in chunks", () => {
  test("are each once, with the mean direction of their uses, without signs and numbers", () => {
    const forms = usedForms(chunks, "en");
    expect(forms.map(({ form }) => form)).toEqual(["appl", "pear", "the", "laptop"]);
    const pear = forms.find(({ form }) => form === "pear");
    expect(pear?.word).toBe("pear");
    expect((pear?.direction[1] ?? 0) / (pear?.direction[0] ?? 1)).toBeCloseTo((0.111 + 0.05) / 2, 2);
  });

  test("are common when they are a large part of all that is there", () => {
    const texts = Array.from({ length: 20 }, (_, i) => ["the", i % 5 === 0 ? "pear" : "plum", i < 2 ? "fig" : `w${i}`]);
    expect([...commonForms(texts)].sort()).toEqual(["pear", "plum", "the"]);
    expect(commonForms(texts.slice(0, 9)).size).toBe(0);
  });
});

describe("neighbours of a sense", () => {
  const forms = usedForms(chunks, "en");
  const left = new Set(["appl", "the"]);
  const isLeftOut = (form: string): boolean => left.has(form);

  test("are other words, nearest first, with their cosine", () => {
    const found = nearestWords([Float32Array.of(1, 0)], 0, forms, { most: 5, isLeftOut });
    expect(found.map(({ word }) => word)).toEqual(["pear", "laptop"]);
    expect(found[0]?.similarity).toBeCloseTo(0.997, 2);
  });

  test("are rather nearer to it than near to all senses", () => {
    const [first, second] = [unit([1, 0.2]), unit([0.2, 1])];
    const between = { form: "both", word: "both", direction: unit([1, 0.9]) };
    const own = { form: "own", word: "own", direction: unit([1, -0.6]) };
    const options = { most: 2, isLeftOut };
    expect(nearestWords([first], 0, [between, own], options).map(({ word }) => word)).toEqual(["both", "own"]);
    expect(nearestWords([first, second], 0, [between, own], options).map(({ word }) => word)).toEqual(["own", "both"]);
  });
});
