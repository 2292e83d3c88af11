import { DOCUMENT_LIMITS } from "@polyseme/core";
import { parser as whole } from "@lezer/markdown";
import { frontMatter } from "./front-matter.ts";
import { headingParts, type Heading } from "./headings.ts";
import type { Outline } from "./outline.ts";
import { tidySections } from "./tidy.ts";

/** Without what stands inside of lines, which takes most of the time and is read for headings alone. */
const blocks = whole.configure({
  remove: ["Escape", "Entity", "InlineCode", "HTMLTag", "Emphasis", "HardBreak", "Link", "Image", "LinkEnd"],
});
/**
 * Lines that begin with quotes and lists in each other, far deeper than anybody writes: the parser's time grows with the
 * square of the depth. What is in them is no heading of the text.
 */
const TOO_DEEP = /^((?:[ \t]*(?:>|[-+*]|\d{1,9}[.)])){32})(.*)$/gm;
/** Of a heading's line, what is read: one more than a title may have. */
const HEADING_CHARACTERS = DOCUMENT_LIMITS.titleChars + 1;

/**
 * The headings of a Markdown text, as CommonMark reads them: ATX and setext, none in fenced or indented code, none inside
 * of quotes and lists. The title is that of the front matter, or the first heading.
 */
export function markdownOutline(text: string): Outline {
  const front = frontMatter(text);
  const headings = readHeadings(text, front.end);
  const title =
    front.title ?? headings.find(({ name }) => name !== "" && name.length <= DOCUMENT_LIMITS.titleChars)?.name;
  // Where the front matter names the page, its headings often begin at the second level.
  const root = headings.some(({ level }) => level === 1) ? undefined : front.title;
  const sections = tidySections(headingParts(headings, root), text.length);
  return title === undefined ? { sections } : { sections, title };
}

function readHeadings(text: string, from: number): Heading[] {
  const headings: Heading[] = [];
  const body = (from === 0 ? text : text.slice(from)).replace(
    TOO_DEEP,
    (_line, kept: string, rest: string) => kept + "x".repeat(rest.length),
  );
  for (let node = blocks.parse(body).topNode.firstChild; node !== null; node = node.nextSibling) {
    const [, style, level] = /^(ATX|Setext)Heading([1-6])$/.exec(node.name) ?? [];
    if (style === undefined) continue;
    const marks = node.getChildren("HeaderMark");
    const [first, last] = [marks[0], marks.at(-1)];
    const nameFrom = style === "ATX" ? (first?.to ?? node.from) : node.from;
    const nameTo = last !== undefined && last.from > nameFrom ? last.from : node.to;
    const line = body.slice(nameFrom, Math.min(nameTo, nameFrom + HEADING_CHARACTERS));
    const lineStart = body.lastIndexOf("\n", node.from - 1) + 1;
    // At most three spaces, which belong to it.
    const start = node.from - lineStart <= 3 && node.from > 0 ? lineStart : node.from;
    headings.push({ start: from + start, level: Number(level), name: plain(line) });
  }
  return headings;
}

/** What is no part of a heading's words. */
const MARKS = new Set([
  "HeaderMark",
  "EmphasisMark",
  "CodeMark",
  "LinkMark",
  "LinkLabel",
  "URL",
  "LinkTitle",
  "HTMLTag",
]);
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** A line without its marks, and storable: `**b** [l](url) &amp;` is `b l &`. */
function plain(line: string): string {
  const heading = `# ${line.replaceAll("\u0000", "").replace(/\s+/g, " ").trim()}`;
  const parts: string[] = [];
  let at = 0;
  const replace = (from: number, to: number, by: string): void => {
    parts.push(heading.slice(at, from), by);
    at = to;
  };
  whole.parse(heading).iterate({
    enter: ({ name, from, to }) => {
      if (from < at) return;
      if (MARKS.has(name)) replace(from, to, "");
      else if (name === "Escape") replace(from, from + 1, "");
      else if (name === "Entity") replace(from, to, entity(heading.slice(from + 1, to - 1)) ?? heading.slice(from, to));
    },
  });
  parts.push(heading.slice(at));
  return parts.join("").trim();
}

function entity(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name) ?? [];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (code > 0 && code <= 0x10ffff) return String.fromCodePoint(code).toWellFormed();
  return ENTITIES[name];
}
