import { posix } from "node:path";
import MarkdownIt from "markdown-it";
import type { SitePage } from "./site-pages.ts";

/** The index of the documentation, from which the navigation is made. */
export const INDEX = "docs/README.md";

export interface NavigationGroup {
  readonly title: string;
  readonly pages: readonly NavigationLink[];
}

export interface NavigationLink {
  readonly source: string;
  /** As the index calls it, which is shorter than its title. */
  readonly text: string;
}

/** The headings of the index with the pages below each. */
export function readNavigation(pages: readonly SitePage[]): NavigationGroup[] {
  const index = pages.find(({ source }) => source === INDEX);
  if (index === undefined) throw new Error(`There is no ${INDEX}.`);
  const known = new Set(pages.map(({ source }) => source));
  const groups: { title: string; pages: NavigationLink[] }[] = [];
  const tokens = new MarkdownIt({ html: true }).parse(index.markdown, {});
  for (const [i, token] of tokens.entries()) {
    if (token.type === "heading_open" && token.tag === "h2")
      groups.push({ title: tokens[i + 1]?.content ?? "", pages: [] });
    for (const [at, child] of (token.children ?? []).entries()) {
      const href = child.type === "link_open" ? String(child.attrGet("href") ?? "") : "";
      const source = posix.join("docs", href);
      if (href !== "" && known.has(source))
        groups.at(-1)?.pages.push({ source, text: capital(token.children?.[at + 1]?.content ?? source) });
    }
  }
  return groups;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
