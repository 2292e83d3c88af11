/** How a file is read. `ndjson`, `csv` and `parquet` hold many documents, the others are one each. */
export type SourceKind = "ndjson" | "csv" | "parquet" | "text" | "html" | "pdf" | "docx";

const ENDINGS: Readonly<Record<SourceKind, string>> = {
  ndjson: "jsonl ndjson",
  csv: "csv",
  parquet: "parquet",
  html: "html htm xhtml",
  pdf: "pdf",
  docx: "docx",
  text:
    // Prose, then source code. Data (.json, .xml, .svg), minified files and locks are left out: nobody searches them by meaning.
    "md markdown mdx txt text rst adoc asciidoc org tex log " +
    "c h cc cpp cxx hh hpp hxx m mm cs fs java kt kts scala groovy clj cljs go rs swift dart zig nim v d " +
    "js mjs cjs jsx ts mts cts tsx vue svelte py pyi rb php pl pm lua r jl hs ml mli ex exs erl elm lisp scm rkt " +
    "sh bash zsh fish ps1 sql proto graphql css scss less tf yaml yml toml",
};

const KIND_OF_ENDING: ReadonlyMap<string, SourceKind> = new Map(
  (Object.entries(ENDINGS) as [SourceKind, string][]).flatMap(([kind, endings]) =>
    endings.split(" ").map((ending) => [ending, kind] as const),
  ),
);

/** What the kinds are called in messages. */
export const READABLE = ".jsonl, .ndjson, .csv, .parquet, .md, .txt, .html, .pdf, .docx and source code";

/** How a file is read, by its name; undefined for what is no source, archives among them. */
export function kindOfFile(name: string): SourceKind | undefined {
  return KIND_OF_ENDING.get(endingOf(name));
}

/** `pdf` of `a/b.PDF`; empty when the name has no ending or is nothing but one. */
export function endingOf(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const dot = base.lastIndexOf(".");
  return dot <= 0 ? "" : base.slice(dot + 1).toLowerCase();
}
