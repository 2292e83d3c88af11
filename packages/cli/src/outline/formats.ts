/** Languages whose functions and classes are found by a parser. */
export type LanguageName =
  "javascript" | "jsx" | "typescript" | "tsx" | "python" | "java" | "cpp" | "rust" | "go" | "php";

export type Format =
  | { readonly kind: "plain" }
  | { readonly kind: "markdown" }
  | { readonly kind: "code"; readonly language: LanguageName }
  /** Source code in a language without a parser here. */
  | { readonly kind: "blocks" };

const LANGUAGES: Readonly<Record<LanguageName, readonly string[]>> = {
  javascript: ["js", "mjs", "cjs"],
  jsx: ["jsx"],
  typescript: ["ts", "mts", "cts"],
  tsx: ["tsx"],
  python: ["py", "pyi"],
  java: ["java"],
  cpp: ["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx"],
  rust: ["rs"],
  go: ["go"],
  php: ["php"],
};

const OTHER_CODE: readonly string[] = [
  ...["kt", "kts", "swift", "cs", "fs", "scala", "groovy", "dart", "zig", "nim", "d", "m", "mm", "vb", "pas"],
  ...["rb", "pl", "pm", "lua", "r", "jl", "ex", "exs", "erl", "hs", "ml", "mli", "clj", "cljs", "lisp", "el", "scm"],
  ...["sh", "bash", "zsh", "fish", "ps1", "sql", "proto", "graphql", "tf", "cmake", "mk", "vue", "svelte"],
  ...["css", "scss", "less", "yaml", "yml", "toml", "v", "rkt"],
];

const BY_ENDING: ReadonlyMap<string, Format> = new Map<string, Format>([
  ...["md", "markdown", "mdx"].map((ending) => [ending, { kind: "markdown" }] as const),
  ...Object.entries(LANGUAGES).flatMap(([language, endings]) =>
    endings.map((ending) => [ending, { kind: "code", language: language as LanguageName }] as const),
  ),
  ...OTHER_CODE.map((ending) => [ending, { kind: "blocks" }] as const),
]);

/** @param ending of a file's name, in lower case, without the dot */
export function formatOf(ending: string): Format {
  return BY_ENDING.get(ending) ?? { kind: "plain" };
}
