import { packTokens } from "@polyseme/core";
import type { TokenChunk } from "@polyseme/store";
import { describe, expect, test } from "vitest";
import { commonForms, nearestWords } from "./neighbours.ts";

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

describe("neighbours of a sense", () => {
  test("are other words, each once whatever its form, nearest first, without signs and numbers", () => {
    const left = new Set(["appl", "the"]);
    const found = nearestWords(Float32Array.of(1, 0), chunks, {
      most: 5,
      language: "en",
      isLeftOut: (form) => left.has(form),
    });
    expect(found.map(({ word }) => word)).toEqual(["Pears", "laptop"]);
    expect(found[0]?.similarity).toBeCloseTo(0.999, 2);
  });

  test("leave out forms that are in more than a fifth of the chunks", () => {
    const texts = Array.from({ length: 20 }, (_, i) => ["the", i % 5 === 0 ? "pear" : "plum", i < 3 ? "fig" : `w${i}`]);
    const common = commonForms(texts);
    expect([...common].sort()).toEqual(["pear", "plum", "the"]);
    expect(commonForms(texts.slice(0, 9)).size).toBe(0);
  });
});
