import { existsSync } from "node:fs";
import { posix } from "node:path";
import MarkdownIt, { type Token } from "markdown-it";
import { makeAnchors } from "./headings.ts";
import { ROOT, targetOf, type SitePage } from "./site-pages.ts";

/** A part of a page below one heading, for the search. */
export interface Section {
  readonly anchor: string;
  readonly heading: string;
  readonly text: string;
}

export interface RenderedPage {
  readonly html: string;
  readonly sections: readonly Section[];
  /** Files of the repository that the page shows, such as pictures. */
  readonly files: readonly string[];
}

export interface RenderOptions {
  /** The sources of all pages: links to others leave the site. */
  readonly sources: ReadonlySet<string>;
  /** Where the repository's files can be read, ending with a slash; undefined: their links become plain paths. */
  readonly repository: string | undefined;
}

/**
 * The page's content as HTML: headings with anchors, links to pages of the site made so, wide parts scrolled by themselves.
 * @throws Error for a link to a file that is not in the repository
 */
export function renderMarkdown(page: SitePage, options: RenderOptions): RenderedPage {
  const md = new MarkdownIt({ html: true });
  const tokens = md.parse(page.markdown, {});
  const anchorOf = makeAnchors();
  const sections: { anchor: string; heading: string; text: string }[] = [];
  const files = new Set<string>();
  for (const [i, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const heading = plainText(tokens[i + 1]?.children ?? []);
      const anchor = anchorOf(heading);
      token.attrSet("id", anchor);
      sections.push({ anchor, heading, text: "" });
    } else if (token.type === "html_block" && token.content.startsWith("<!--")) token.content = "";
    const words = token.type === "fence" ? token.content : plainText(token.children ?? []);
    const section = sections.at(-1);
    if (section !== undefined && tokens[i - 1]?.type !== "heading_open") section.text += `${words} `;
    let isOpen = false;
    for (const child of token.children ?? []) {
      if (child.type === "image") {
        const file = posix.join(posix.dirname(page.source), String(child.attrGet("src") ?? ""));
        if (!existsSync(`${ROOT}/${file}`)) throw new Error(`${page.source} shows ${file}, which is not there.`);
        files.add(file);
      }
      if (child.type === "link_open") {
        const href = linkOf(page, String(child.attrGet("href") ?? ""), options);
        isOpen = href === undefined;
        if (href !== undefined) child.attrSet("href", href);
        else [child.tag, child.attrs] = ["span", [["class", "path"]]];
      } else if (child.type === "link_close" && isOpen) [child.tag, isOpen] = ["span", false];
    }
  }
  md.renderer.rules["table_open"] = () => '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n';
  md.renderer.rules["table_close"] = () => "</table></div>\n";
  md.renderer.rules["fence"] = (all, at) =>
    `<pre tabindex="0"><code>${md.utils.escapeHtml(all[at]?.content ?? "")}</code></pre>\n`;
  return { html: md.renderer.render(tokens, md.options, {}), sections, files: [...files] };
}

/** undefined: a file of the repository that cannot be linked to. */
function linkOf(page: SitePage, href: string, { sources, repository }: RenderOptions): string | undefined {
  if (/^[a-z]+:/.test(href) || href.startsWith("#")) return href;
  const [path = "", anchor] = href.split("#");
  const file = posix.join(posix.dirname(page.source), decodeURIComponent(path));
  const behind = anchor === undefined ? "" : `#${anchor}`;
  const source = sources.has(posix.join(file, "README.md")) ? posix.join(file, "README.md") : file;
  if (sources.has(source)) return posix.relative(posix.dirname(page.target), targetOf(source)) + behind;
  if (!existsSync(`${ROOT}/${file}`)) throw new Error(`${page.source} leads to ${file}, which is not there.`);
  return repository === undefined ? undefined : repository + file + behind;
}

function plainText(children: readonly Token[]): string {
  return children
    .map(({ type, content }) => (type === "text" || type === "code_inline" ? content : type === "softbreak" ? " " : ""))
    .join("");
}
