import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEncoder } from "./encoder.ts";
import { findModel } from "./find-model.ts";
import type { Encoder } from "./types.ts";
import { unitVectors, wordUnits } from "./word-units.ts";

let encoder: Encoder;
beforeAll(async () => {
  encoder = await openEncoder({ folder: (await findModel("all-MiniLM-L6-v2")).folder, threads: 1 });
});
afterAll(() => encoder.close());

async function unitsOf(text: string): Promise<{ text: string; pieces: number }[]> {
  const [tokens] = await encoder.tokenize([text]);
  if (tokens === undefined) throw new Error("No tokens");
  const units = wordUnits(text, tokens);
  return Array.from(units.starts, (start, i) => ({
    text: text.slice(start, units.ends[i]),
    pieces: units.pieces[i] ?? 0,
  }));
}

describe("the units of a text", () => {
  test("are its words and signs, without the special tokens", async () => {
    const units = await unitsOf("Hello, embeddings world!");
    expect(units.map(({ text }) => text)).toEqual(["Hello", ",", "embeddings", "world", "!"]);
    expect(units.find(({ text }) => text === "embeddings")?.pieces).toBeGreaterThan(1);
  });

  test("are words of several signs in a language without spaces", async () => {
    const units = await unitsOf("我喜欢苹果。");
    expect(units.map(({ text }) => text).join("")).toBe("我喜欢苹果。");
    expect(units.some(({ text, pieces }) => text === "苹果" && pieces === 2)).toBe(true);
  });

  test("keep an apostrophe inside its word and emoji families whole", async () => {
    const texts = (await unitsOf("It doesn't 👩‍👩‍👧 fit")).map(({ text }) => text);
    expect(texts).toContain("doesn't");
    expect(texts.filter((text) => text.includes("👩"))).toEqual(["👩‍👩‍👧"]);
  });

  test("have the mean of their tokens' vectors", () => {
    const units = { pieces: Int32Array.of(1, 2), first: Int32Array.of(1, 2) };
    const vectors = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6, 9, 9);
    expect([...unitVectors(units, vectors, 2)]).toEqual([1, 2, 4, 5]);
  });
});
