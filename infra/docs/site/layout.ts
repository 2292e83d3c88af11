import { posix } from "node:path";
import type { NavigationGroup } from "./navigation.ts";
import type { SitePage } from "./site-pages.ts";

/** Its own files and nothing else, whoever serves the site. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";

/** A whole page around its content. */
export function layout(
  page: SitePage,
  content: string,
  navigation: readonly NavigationGroup[],
  pages: ReadonlyMap<string, SitePage>,
): string {
  const to = (target: string): string => posix.relative(posix.dirname(page.target), target);
  const groups = navigation.map(({ title, pages: links }) => {
    const items = links.flatMap(({ source, text }) => {
      const other = pages.get(source);
      if (other === undefined) return [];
      const here = source === page.source ? ' aria-current="page"' : "";
      const language = other.language === page.language ? "" : ` lang="${other.language}"`;
      return [`<li><a href="${to(other.target)}"${here}${language}>${escaped(text)}</a></li>`];
    });
    return `<h2>${escaped(title)}</h2><ul>${items.join("")}</ul>`;
  });
  return `<!doctype html>
<html lang="${page.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(page.title)}${page.title === "polyseme" ? "" : " · polyseme"}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${to("site.css")}">
<script type="module" src="${to("site.js")}"></script>
</head>
<body data-root="${to("") === "" ? "." : to("")}">
<header>
<a class="home" href="${to("index.html")}">polyseme</a>
<a class="to-contents" href="#contents">Contents</a>
<div role="search"><label for="query">Search</label> <input id="query" type="search" autocomplete="off"></div>
</header>
<div id="found" aria-live="polite" hidden></div>
<main>
${content}
</main>
<nav id="contents" aria-label="Pages" lang="en">${groups.join("")}</nav>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
