export type FileKind = "text" | "markdown" | "html" | "json" | "ndjson" | "csv";

const KINDS: Readonly<Record<string, FileKind>> = {
  txt: "text",
  md: "markdown",
  markdown: "markdown",
  html: "html",
  htm: "html",
  json: "json",
  jsonl: "ndjson",
  ndjson: "ndjson",
  csv: "csv",
};

/** For a field that chooses files. */
export const READABLE = Object.keys(KINDS)
  .map((ending) => `.${ending}`)
  .join(",");

/** undefined: a browser alone cannot read it. */
export function kindOf(name: string): FileKind | undefined {
  const ending = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? undefined : KINDS[ending];
}
