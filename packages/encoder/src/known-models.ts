import type { ModelRecipe } from "./model-recipe.ts";

const BGE_QUERY = "Represent this sentence for searching relevant passages: ";

/**
 * What models' authors say of them elsewhere than in the files: plain exports lack the pooling's file, and old folders the
 * prompts. By the end of the name, without organisation, as exports of others keep it. Whatever is in a folder goes before.
 */
const KNOWN: readonly (readonly [name: RegExp, recipe: ModelRecipe])[] = [
  [/^(multilingual-)?e5-(small|base|large)(-v2)?$/, { pooling: "mean", prompts: pair("query: ", "passage: ") }],
  [/^bge-(small|base|large)-en(-v1\.5)?$/, { pooling: "cls", prompts: pair(BGE_QUERY) }],
  [/^bge-(small|base|large)-zh(-v1\.5)?$/, { pooling: "cls", prompts: pair("为这个句子生成表示以用于检索相关文章：") }],
  [/^bge-m3$/, { pooling: "cls" }],
  [/^mxbai-embed-large-v1$/, { pooling: "cls", prompts: pair(BGE_QUERY) }],
  [/^snowflake-arctic-embed-(xs|s|m|l|m-long)$/, { pooling: "cls" }],
  [/^snowflake-arctic-embed-m-v1\.5$/, { pooling: "cls", prompts: pair(BGE_QUERY) }],
  [/^snowflake-arctic-embed-[ml]-v2\.0$/, { pooling: "cls", prompts: pair("query: ") }],
  [/^gte-(small|base|large)$/, { pooling: "mean" }],
  [/^gte-(base|large)-en-v1\.5$/, { pooling: "cls" }],
  [/^jina-embeddings-v2-(small|base)-[a-z]+$/, { pooling: "mean" }],
  [
    /^(nomic-embed-text-v1(\.5)?|modernbert-embed-base)$/,
    { pooling: "mean", prompts: pair("search_query: ", "search_document: ") },
  ],
  [/^qwen3-embedding-[\d.]+b$/, { pooling: "last" }],
];

/**
 * The recipe of a model that is known by name; an empty one for others.
 * @param names the folder's and those that its configuration gives, with or without an organisation before and a revision
 * (`@…`) or an export's mark (`-ONNX`) behind
 */
export function knownRecipe(names: readonly string[]): ModelRecipe {
  const bare = names.map(bareName);
  return KNOWN.find(([pattern]) => bare.some((name) => pattern.test(name)))?.[1] ?? {};
}

function bareName(name: string): string {
  const [last = ""] = name
    .replaceAll("\\", "/")
    .split("/")
    .filter((part) => part !== "")
    .slice(-1);
  return last
    .toLowerCase()
    .replace(/@.*$/, "")
    .replace(/[-_]onnx$/, "");
}

function pair(query: string, document = ""): NonNullable<ModelRecipe["prompts"]> {
  return { query, document };
}
