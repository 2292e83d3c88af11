/** What a model was trained to see before a text, empty where nothing. */
export interface ModelPrompts {
  readonly query: string;
  readonly document: string;
}

/** Models whose folders say nothing of the words that their cards ask for. */
const KNOWN: readonly (readonly [name: RegExp, prompts: ModelPrompts])[] = [
  [/(^|\/)(multilingual-)?e5-(small|base|large)(-v2)?$/i, { query: "query: ", document: "passage: " }],
  [
    /(^|\/)bge-(small|base|large)-en(-v1\.5)?$/i,
    { query: "Represent this sentence for searching relevant passages: ", document: "" },
  ],
  [/(^|\/)bge-(small|base|large)-zh(-v1\.5)?$/i, { query: "为这个句子生成表示以用于检索相关文章：", document: "" }],
];

/** Names that sentence-transformers looks for, the first of them that is there. */
const DOCUMENT_NAMES = ["document", "passage", "corpus"];

/**
 * What stands before queries and documents: as the folder's `config_sentence_transformers.json` says, else as is known of the
 * model's name.
 * @param file the parsed file; undefined: there is none
 * @param names the folder's and those that its configuration gives
 */
export function modelPrompts(file: unknown, names: readonly string[]): ModelPrompts {
  const said = promptsOf(file);
  if (said !== undefined) return said;
  const known = KNOWN.find(([pattern]) => names.some((name) => pattern.test(name.replaceAll("\\", "/"))));
  return known?.[1] ?? { query: "", document: "" };
}

function promptsOf(file: unknown): ModelPrompts | undefined {
  const prompts = fieldOf(file, "prompts");
  const usual = fieldOf(file, "default_prompt_name");
  const named = (name: unknown): string | undefined => {
    const prompt = typeof name === "string" ? fieldOf(prompts, name) : undefined;
    return typeof prompt === "string" ? prompt : undefined;
  };
  const query = named("query");
  const document = DOCUMENT_NAMES.map(named).find((prompt) => prompt !== undefined);
  const fallback = named(usual);
  // Newer files name both without a word; that says nothing.
  if (!query && !document && !fallback) return undefined;
  return { query: query ?? fallback ?? "", document: document ?? fallback ?? "" };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
