import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTexts } from "./prepare-texts.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polyseme-texts-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the sample gives hundreds of texts of a chunk's length", async () => {
  const texts = await readTexts(undefined);
  expect(texts.length).toBeGreaterThan(200);
  expect(texts.length).toBeLessThanOrEqual(400);
  expect(texts.every((text) => text.length > 0 && text.length <= 1_200)).toBe(true);
});

test("a long document is cut to its paragraphs", async () => {
  const path = join(folder, "long.md");
  const paragraph = (word: string): string => `${word} `.repeat(150).trim();
  await writeFile(path, ["# Title", paragraph("first"), paragraph("second")].join("\n\n"));
  expect(await readTexts(path)).toEqual([paragraph("first"), paragraph("second")]);
});

test("of many texts some of the beginning, middle and end are taken", async () => {
  const path = join(folder, "many.jsonl");
  const line = (_: unknown, at: number): string => JSON.stringify({ id: `${at}`, text: `text ${at}` });
  await writeFile(path, Array.from({ length: 1_000 }, line).join("\n"));
  const texts = await readTexts(path);
  expect(texts).toHaveLength(400);
  expect([texts[0], texts[200], texts[399]]).toEqual(["text 0", "text 500", "text 998"]);
});

test("a path without text is refused by its name", async () => {
  const path = join(folder, "empty.jsonl");
  await writeFile(path, "");
  await expect(readTexts(path)).rejects.toThrow(/empty\.jsonl has no text/);
  await expect(readTexts(join(folder, "missing.txt"))).rejects.toThrow(/missing\.txt/);
});
