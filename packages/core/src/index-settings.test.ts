import { expect, test } from "vitest";
import { checkIndexSettings, DEFAULT_INDEX } from "./index-settings.ts";

const refused = (field: string, message: RegExp): Error =>
  expect.objectContaining({
    code: "invalid",
    details: { field },
    message: expect.stringMatching(message) as string,
  }) as Error;

test("settings that are left out stay as they are", () => {
  expect(checkIndexSettings({}, DEFAULT_INDEX, 384)).toEqual(DEFAULT_INDEX);
  const current = { ...DEFAULT_INDEX, recall: 0.99, metadata: ["year"] };
  expect(checkIndexSettings({ precision: "half" }, current, 384)).toEqual({ ...current, precision: "half" });
});

test.each([0.49, 1.01, NaN])("a recall of %d is refused", (recall) => {
  expect(() => checkIndexSettings({ recall }, DEFAULT_INDEX, 384)).toThrow(refused("index.recall", /0\.5 to 1/));
});

test("a graph that cannot hold the vectors is refused with one that can", () => {
  const wide = (precision: "full" | "half" | "bit", dimensions: number): unknown =>
    checkIndexSettings({ vector: "hnsw", precision }, DEFAULT_INDEX, dimensions);
  expect(() => wide("full", 2_001)).toThrow(refused("index.precision", /2001\. Set precision to "half"/));
  expect(() => wide("half", 4_001)).toThrow(refused("index.precision", /Set precision to "bit"/));
  expect(wide("half", 4_000)).toMatchObject({ precision: "half" });
  // Left to the policy, such a collection is searched exactly.
  expect(checkIndexSettings({}, DEFAULT_INDEX, 2_001).vector).toBe("auto");
});

test("fields of metadata are few, each a name of some length and named once", () => {
  const fields = (metadata: string[]): unknown => checkIndexSettings({ metadata }, DEFAULT_INDEX, 384);
  expect(fields(["year", "author.name"])).toMatchObject({ metadata: ["year", "author.name"] });
  expect(() => fields(["year", ""])).toThrow(refused("index.metadata[1]", /1 to 256/));
  expect(() => fields(["a\0b"])).toThrow(refused("index.metadata[0]", /NUL/));
  expect(() => fields(["year", "author..name"])).toThrow(refused("index.metadata[1]", /empty part/));
  expect(() => fields(["year", "year"])).toThrow(refused("index.metadata[1]", /twice/));
  expect(() => fields(Array.from({ length: 21 }, (_, n) => `f${n}`))).toThrow(refused("index.metadata", /At most 20/));
});
