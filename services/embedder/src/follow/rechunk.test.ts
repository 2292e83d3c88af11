import { makeRowSums, packTokens, unpackTokens, type TokenUnits } from "@polyseme/core";
import { describe, expect, test } from "vitest";
import { makeFormsOf } from "@polyseme/words";
import { rechunk } from "./rechunk.ts";

const DIMENSIONS = 3;
const settings = {
  chunking: { maxTokens: 12, overlapTokens: 0, strategy: "sentence" },
  tokens: { tokenVectors: "int8", tokenPooling: 1, lateChunking: true },
  formsOf: makeFormsOf("en"),
  sums: makeRowSums(),
  specialTokens: 2,
  rows: "copied",
} as const;

const TEXT = "The river has two banks. 🍎 The bank lends money! Naïve horses, 苹果 and engines are for sale. Done.";

/** A unit a word or sign; longer words have more pieces. */
function unitsOf(text: string, start: number): TokenUnits {
  const words = [...new Intl.Segmenter("und", { granularity: "word" }).segment(text)].filter(
    ({ segment }) => segment.trim() !== "",
  );
  return {
    starts: Int32Array.from(words, ({ index }) => start + index),
    ends: Int32Array.from(words, ({ index, segment }) => start + index + segment.length),
    pieces: Int32Array.from(words, ({ segment }) => Math.ceil(segment.length / 4)),
    rows: Int32Array.from(words, (_, i) => i),
  };
}

/** A unit's vector tells where it is. */
function stored(start: number, end: number): { start: number; packed: Buffer } {
  const units = unitsOf(TEXT.slice(start, end), start);
  const vectors = Float32Array.from([...units.starts].flatMap((at) => [Math.cos(at), Math.sin(at), 1]));
  return { start, packed: packTokens(units, vectors, { precision: "int8", dimensions: DIMENSIONS, origin: start }) };
}

describe("chunks made from stored token vectors", () => {
  test("slice the text exactly, hold every word once and stay within their tokens", () => {
    const chunks = rechunk({ text: TEXT }, [stored(0, TEXT.length)], settings) ?? [];
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.map(({ text }) => text).join("")).toBe(TEXT);
    for (const { start, end, text, tokens } of chunks) {
      expect(TEXT.slice(start, end)).toBe(text);
      expect(tokens).toBeLessThanOrEqual(12);
    }
    const starts = chunks.flatMap(({ start, units }) => [
      ...unpackTokens(units?.packed ?? Buffer.of(), start).units.starts,
    ]);
    expect(starts).toEqual([...unitsOf(TEXT, 0).starts]);
    expect(chunks[0]?.units?.forms).toContain("river");
    expect(chunks.every(({ embedding }) => Math.abs(Math.hypot(...embedding) - 1) < 1e-6)).toBe(true);
  });

  test("are the same, whatever the chunks they are made from", () => {
    const cut = TEXT.indexOf("Naïve");
    const whole = rechunk({ text: TEXT }, [stored(0, TEXT.length)], settings);
    const overlapping = rechunk(
      { text: TEXT },
      [stored(0, cut + "Naïve horses, ".length), stored(cut, TEXT.length)],
      settings,
    );
    expect(overlapping).toEqual(whole);
  });

  test("repeat what an overlap asks for", () => {
    const chunking = { ...settings.chunking, overlapTokens: 4 };
    const chunks = rechunk({ text: TEXT }, [stored(0, TEXT.length)], { ...settings, chunking }) ?? [];
    for (let i = 1; i < chunks.length; i += 1) expect(chunks[i]?.start).toBeLessThan(chunks[i - 1]?.end ?? 0);
  });

  test("keep no token vectors where none are wanted, and are none where there is no word", () => {
    const tokens = { ...settings.tokens, tokenVectors: "none" } as const;
    expect(rechunk({ text: TEXT }, [stored(0, TEXT.length)], { ...settings, tokens })?.[0]?.units).toBeUndefined();
    expect(rechunk({ text: TEXT }, [], settings)).toBeUndefined();
  });
});
