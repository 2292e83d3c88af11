import { readdir, readFile } from "node:fs/promises";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A page of the site: its Markdown in the repository and its place in the site, both relative. */
export interface SitePage {
  readonly source: string;
  readonly target: string;
  readonly markdown: string;
  /** Its first heading. */
  readonly title: string;
  readonly language: "en" | "zh";
}

/** Pages that are not below docs/. */
const OTHERS = [
  "README.md",
  "README.zh.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "models/README.md",
];

/** Every page, the start page first. */
export async function readSitePages(): Promise<SitePage[]> {
  const below = (await readdir(`${ROOT}/docs`, { recursive: true }))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".md"))
    .sort();
  return Promise.all([...OTHERS, ...below].map(readPage));
}

async function readPage(source: string): Promise<SitePage> {
  const markdown = await readFile(`${ROOT}/${source}`, "utf8");
  return {
    source,
    target: targetOf(source),
    markdown,
    title: /^# (.+)$/m.exec(markdown)?.[1]?.replaceAll(/[`_*]/g, "") ?? source,
    language: source.endsWith(".zh.md") ? "zh" : "en",
  };
}

/** `docs/filters.md` is `docs/filters.html`; a README is the index of its folder. */
export function targetOf(source: string): string {
  const { dir, base } = posix.parse(source);
  const name = base === "README.md" ? "index.html" : base.replace(/\.md$/, ".html");
  return posix.join(dir, name);
}
