import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TRANSLATED: readonly (readonly [string, string])[] = [
  ["README.md", "README.zh.md"],
  ["docs/meaning.md", "docs/meaning.zh.md"],
];
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");
const linksOf = (page: string): string[] =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "");

/** As GitHub names them. */
function anchorsOf(page: string): string[] {
  return [
    ...read(page)
      .replaceAll(/^```[^]*?^```/gm, "")
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(TRANSLATED)("%s and %s", (english, other) => {
  it("have the same commands and snippets", () => {
    const codeOf = (page: string): string[] => read(page).match(/^```[^]*?^```/gm) ?? [];
    expect(codeOf(other)).toEqual(codeOf(english));
  });

  it("have the same headings and lead to the same places, but for each other", () => {
    const levelsOf = (page: string): string[] => (read(page).match(/^#+(?= )/gm) ?? []).slice();
    expect(levelsOf(other)).toEqual(levelsOf(english));
    const placesOf = (page: string): string[] =>
      linksOf(page)
        .map((target) => target.replace(/#.*$/, ""))
        .filter((target) => !TRANSLATED.flat().some((name) => target !== "" && name.endsWith(target)));
    expect(placesOf(other)).toEqual(placesOf(english));
  });
});

describe("what is written", () => {
  it.each(PAGES)("in %s leads to files and headings that are there", (page) => {
    const broken = linksOf(page).filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = "", anchor] = target.split("#");
      const found = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, found))) return true;
      return anchor !== undefined && found.endsWith(".md") && !anchorsOf(found).includes(decodeURIComponent(anchor));
    });
    expect(broken).toEqual([]);
  });
});
