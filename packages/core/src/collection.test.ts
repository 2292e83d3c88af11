import fc from "fast-check";
import { expect, test } from "vitest";
import { checkCollectionName, collectionNameFault } from "./collection.ts";

test("a name of small letters, digits, _ and - that starts with a letter is fine", () => {
  for (const name of ["a", "default", "my-texts_2", "a".repeat(63), "z-", "documents2"]) {
    expect(checkCollectionName(name)).toBe(name);
    expect(collectionNameFault(name)).toBeUndefined();
  }
});

test("every other name is refused as the collection's fault", () => {
  const bad = ["", "A", "aB", "1a", "_a", "-a", "a b", "a.b", "a/b", "ä", "aé", 'a"', "a;drop", "a\n", "a".repeat(64)];
  for (const name of bad)
    expect(() => checkCollectionName(name), name).toThrow(
      expect.objectContaining({ code: "invalid", details: { field: "collection" } }) as Error,
    );
});

test("the name of one of our own views is refused with the view's name", () => {
  expect(collectionNameFault("documents")).toContain("polyseme.documents");
});

test("a name that passes is safe as part of an SQL name and of a URL", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z][a-z0-9_-]{0,70}$/)), (name) => {
      if (collectionNameFault(name) !== undefined) return;
      expect(encodeURIComponent(name)).toBe(name);
      expect(name.length).toBeLessThanOrEqual(63);
      expect(name).not.toMatch(/["'\\;\s]/);
    }),
  );
});
