import { DEFAULT_INDEX, NO_TOKENS } from "@polyseme/core";
import type { Collection } from "@polyseme/store";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkingOf, differences, tokenSettingsOf } from "./collection-settings.ts";

const model = { name: "small", dimensions: 4, maxTokens: 256, pooling: "mean" } as const;

describe("chunking settings", () => {
  test("that say nothing are whole chunks of the model, without overlap, cut at sentences", () => {
    expect(chunkingOf({}, model)).toEqual({ maxTokens: 256, overlapTokens: 0, strategy: "sentence" });
  });

  test("are taken as they are when they fit", () => {
    expect(chunkingOf({ maxTokens: 100, overlapTokens: 50, strategy: "token" }, model)).toEqual({
      maxTokens: 100,
      overlapTokens: 50,
      strategy: "token",
    });
    expect(chunkingOf({ maxTokens: 256 }, model).maxTokens).toBe(256);
  });

  test("with more tokens than the model takes are refused with its name and bound", () => {
    expect(() => chunkingOf({ maxTokens: 257 }, model)).toThrow(
      expect.objectContaining({
        code: "invalid",
        details: { field: "chunking.maxTokens" },
        message: expect.stringMatching(/small.*256/) as string,
      }) as Error,
    );
  });

  test("that repeat more than half a chunk are refused, also when the chunk's size is the model's", () => {
    const refused = expect.objectContaining({ code: "invalid", details: { field: "chunking.overlapTokens" } }) as Error;
    expect(() => chunkingOf({ maxTokens: 100, overlapTokens: 51 }, model)).toThrow(refused);
    expect(() => chunkingOf({ overlapTokens: 129 }, model)).toThrow(refused);
  });

  test("that pass never exceed the model or half a chunk", () => {
    const wanted = fc.record(
      { maxTokens: fc.integer({ min: 8, max: 600 }), overlapTokens: fc.integer({ min: 0, max: 300 }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(wanted, (settings) => {
        let chunking;
        try {
          chunking = chunkingOf(settings, model);
        } catch (error) {
          expect(error).toMatchObject({ name: "PolysemeError", code: "invalid" });
          return;
        }
        expect(chunking).toMatchObject(settings);
        expect(chunking.maxTokens).toBeLessThanOrEqual(256);
        expect(chunking.overlapTokens * 2).toBeLessThanOrEqual(chunking.maxTokens);
      }),
    );
  });
});

describe("settings of token vectors", () => {
  test("that say nothing keep none, share none and look at each chunk alone", () => {
    expect(tokenSettingsOf({}, model)).toEqual({ tokenVectors: "none", tokenPooling: 1, lateChunking: false });
  });

  test("are taken as they are when they fit each other", () => {
    const wanted = { tokenVectors: "half", tokenPooling: 3, lateChunking: true } as const;
    expect(tokenSettingsOf(wanted, model)).toEqual(wanted);
    expect(tokenSettingsOf({ lateChunking: true }, model)).toEqual({ ...NO_TOKENS, lateChunking: true });
    expect(tokenSettingsOf({ tokenPooling: 1 }, model)).toEqual(NO_TOKENS);
  });

  test.each([2, 3] as const)("that share vectors by %i are refused where none are kept", (tokenPooling) => {
    const refused = expect.objectContaining({ code: "invalid", details: { field: "tokenPooling" } }) as Error;
    expect(() => tokenSettingsOf({ tokenPooling }, model)).toThrow(refused);
    expect(() => tokenSettingsOf({ tokenVectors: "none", tokenPooling }, model)).toThrow(refused);
    expect(tokenSettingsOf({ tokenVectors: "int8", tokenPooling }, model).tokenPooling).toBe(tokenPooling);
  });

  test.each([
    ["tokenVectors", { tokenVectors: "int8" }],
    ["lateChunking", { lateChunking: true }],
  ] as const)("of %s are refused for a model whose embedding is more than pooled tokens", (field, wanted) => {
    const refused = expect.objectContaining({ code: "invalid", details: { field } }) as Error;
    expect(() => tokenSettingsOf(wanted, { ...model, isProjected: true })).toThrow(refused);
    expect(tokenSettingsOf({}, { ...model, isProjected: true }).tokenVectors).toBe("none");
  });

  test("of late chunks are refused for a late-interaction model, and those of token vectors are not", () => {
    const late = { ...model, isLateInteraction: true };
    const refused = expect.objectContaining({ code: "invalid", details: { field: "lateChunking" } }) as Error;
    expect(() => tokenSettingsOf({ lateChunking: true }, late)).toThrow(refused);
    expect(tokenSettingsOf({ tokenVectors: "int8", tokenPooling: 2 }, late).tokenVectors).toBe("int8");
  });

  test.each(["cls", "max", "last"] as const)("of late chunks are refused for a model that pools by %s", (pooling) => {
    expect(() => tokenSettingsOf({ lateChunking: true }, { ...model, pooling })).toThrow(
      expect.objectContaining({
        code: "invalid",
        details: { field: "lateChunking" },
        message: expect.stringContaining("small") as string,
      }) as Error,
    );
    expect(tokenSettingsOf({ tokenVectors: "int8" }, { ...model, pooling }).tokenVectors).toBe("int8");
  });
});

describe("settings that differ from a collection's", () => {
  const collection: Collection = {
    id: 1,
    name: "texts",
    language: null,
    index: DEFAULT_INDEX,
    createdAt: new Date(0),
    generation: {
      number: 1,
      model: "small",
      dimensions: 4,
      chunking: { maxTokens: 100, overlapTokens: 10, strategy: "sentence" },
      tokens: NO_TOKENS,
      language: null,
    },
  };

  test("are none when nothing is wanted, or what there is", () => {
    expect(differences(collection, {})).toEqual([]);
    expect(differences(collection, { chunking: {} })).toEqual([]);
    expect(
      differences(collection, {
        model: "small",
        chunking: { maxTokens: 100, overlapTokens: 10, strategy: "sentence" },
      }),
    ).toEqual([]);
  });

  test("are each named, and those that are not wanted are not", () => {
    expect(differences(collection, { model: "large" })).toEqual(["model"]);
    expect(differences(collection, { chunking: { maxTokens: 99 } })).toEqual(["chunking.maxTokens"]);
    expect(differences(collection, { chunking: { overlapTokens: 0 } })).toEqual(["chunking.overlapTokens"]);
    expect(differences(collection, { ...NO_TOKENS, tokenVectors: "int8" })).toEqual(["tokenVectors"]);
    expect(differences(collection, { sparse: { model: "splade" } })).toEqual(["sparse"]);
    expect(differences(collection, { sparse: null })).toEqual([]);
    expect(differences(collection, { tokenPooling: 2, lateChunking: true })).toEqual(["tokenPooling", "lateChunking"]);
    expect(
      differences(collection, { model: "large", chunking: { maxTokens: 99, overlapTokens: 10, strategy: "token" } }),
    ).toEqual(["model", "chunking.maxTokens", "chunking.strategy"]);
  });
});
