import { DEFAULT_INDEX, NO_TOKENS } from "@polyseme/core";
import type { Collection } from "@polyseme/store";
import { describe, expect, test } from "vitest";
import { newGeneration } from "./migration-settings.ts";

const model = { name: "large", dimensions: 8, maxTokens: 512, pooling: "mean" } as const;
const collection: Collection = {
  id: 1,
  name: "notes",
  language: null,
  index: DEFAULT_INDEX,
  createdAt: new Date(0),
  generation: {
    number: 1,
    model: "large",
    dimensions: 8,
    chunking: { maxTokens: 256, overlapTokens: 100, strategy: "token" },
    tokens: { tokenVectors: "int8", tokenPooling: 2, lateChunking: true },
    language: null,
  },
};

describe("a new generation", () => {
  test("keeps what is not named", () => {
    expect(newGeneration(collection, { lateChunking: false }, model)).toEqual({
      model: "large",
      dimensions: 8,
      chunking: { maxTokens: 256, overlapTokens: 100, strategy: "token" },
      tokens: { tokenVectors: "int8", tokenPooling: 2, lateChunking: false },
      language: null,
    });
  });

  test("has chunks that its model takes, with an overlap that fits them", () => {
    const small = { ...model, name: "small", maxTokens: 128 };
    expect(newGeneration(collection, {}, small)).toMatchObject({
      model: "small",
      chunking: { maxTokens: 128, overlapTokens: 64 },
    });
    expect(() => newGeneration(collection, { chunking: { maxTokens: 256 } }, small)).toThrow(/at most 128/);
  });

  test("shares no vectors that it does not keep", () => {
    expect(newGeneration(collection, { tokenVectors: "none" }, model).tokens).toEqual({
      ...NO_TOKENS,
      lateChunking: true,
    });
  });

  test("may have another language, which counts where forms of words are kept", () => {
    expect(newGeneration(collection, { language: "de" }, model)).toMatchObject({ language: "de" });
    const without = { ...collection, generation: { ...collection.generation, tokens: NO_TOKENS } };
    expect(() => newGeneration(without, { language: "de" }, model)).toThrow(
      expect.objectContaining({ code: "conflict" }) as Error,
    );
  });

  test("may have another sparse model, or lose it", () => {
    const sparse = { model: "splade", dimensions: 30_522 };
    expect(newGeneration(collection, {}, model, sparse)).toMatchObject({ sparse });
    const having = { ...collection, generation: { ...collection.generation, sparse } };
    expect(newGeneration(having, {}, model, null).sparse).toBeUndefined();
    expect(() => newGeneration(having, {}, model, sparse)).toThrow(
      expect.objectContaining({ code: "conflict" }) as Error,
    );
  });

  test("is refused where it would be the same as the live one", () => {
    expect(() => newGeneration(collection, { chunking: { maxTokens: 256 }, tokenVectors: "int8" }, model)).toThrow(
      expect.objectContaining({ code: "conflict" }) as Error,
    );
  });
});
