import { DOCUMENT_LIMITS } from "@polyseme/core";

export interface FrontMatter {
  /** Where the text behind it begins; 0: there is none. */
  readonly end: number;
  readonly title?: string;
}

/** A page that begins with more of it begins with something else. */
const MOST_CHARACTERS = 64 * 1024;

/** The YAML (`---`) or TOML (`+++`) before a Markdown text, and the title in it. */
export function frontMatter(text: string): FrontMatter {
  const begin = /^\uFEFF?(---|\+\+\+)[ \t]*\r?\n/.exec(text);
  if (begin === null) return { end: 0 };
  const [opening, fence = ""] = begin;
  for (let start = opening.length; start < Math.min(text.length, MOST_CHARACTERS);) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline + 1;
    const line = text.slice(start, end).trimEnd();
    if (line === fence || (fence === "---" && line === "...")) {
      const title = titleIn(text.slice(opening.length, start));
      return title === undefined ? { end } : { end, title };
    }
    start = end;
  }
  return { end: 0 };
}

/** The value of a line `title: …` or `title = …`: one line, quoted or not, and storable. */
function titleIn(lines: string): string | undefined {
  const [, given = ""] = /^title[ \t]*[:=][ \t]*(\S.*)$/im.exec(lines) ?? [];
  const value = given.replaceAll("\u0000", "").trim();
  const [, double, single] = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)')/.exec(value) ?? [];
  const title =
    double?.replace(/\\(.)/g, "$1") ?? single?.replaceAll("''", "'") ?? value.replace(/[ \t]#.*$/, "").trim();
  // A block scalar (`|`, `>`) or an anchor is another matter.
  return title === "" || /^[|>&*[{]/.test(title) || title.length > DOCUMENT_LIMITS.titleChars ? undefined : title;
}
