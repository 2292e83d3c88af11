import { isRecord } from "./json-values.ts";

/** What a model was trained to see before a text, empty where nothing. */
export interface ModelPrompts {
  readonly query: string;
  readonly document: string;
}

/** Names that sentence-transformers looks for, the first of them that is there. */
const DOCUMENT_NAMES = ["document", "passage", "corpus"];

/**
 * What stands before queries and documents, as a folder's `config_sentence_transformers.json` says.
 * @param file the parsed file
 * @returns undefined when it says nothing; newer files name both without a word
 */
export function promptsOf(file: unknown): ModelPrompts | undefined {
  const prompts = fieldOf(file, "prompts");
  const usual = fieldOf(file, "default_prompt_name");
  const named = (name: unknown): string | undefined => {
    const prompt = typeof name === "string" ? fieldOf(prompts, name) : undefined;
    return typeof prompt === "string" ? prompt : undefined;
  };
  const query = named("query");
  const document = DOCUMENT_NAMES.map(named).find((prompt) => prompt !== undefined);
  const fallback = named(usual);
  if (!query && !document && !fallback) return undefined;
  return { query: query ?? fallback ?? "", document: document ?? fallback ?? "" };
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
