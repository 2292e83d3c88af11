import { BadModelFile } from "./bad-model-file.ts";
import { isRecord, positiveNumbers, wholeNumber, type Json } from "./json-values.ts";
import type { ModelPrompts } from "./model-prompts.ts";
import type { ModelInfo } from "./types.ts";

export const RECIPE_FILE = "polyseme.json";

/** What is to be known of a model beyond its own files; whatever is left out, they decide. */
export interface ModelRecipe {
  readonly pooling?: ModelInfo["pooling"] | undefined;
  readonly prompts?: ModelPrompts | undefined;
  /** Most tokens of one text, special tokens counted. */
  readonly maxTokens?: number | undefined;
  /** The embedding is cut to so many of its first values. */
  readonly dimensions?: number | undefined;
  /** To which of its first values an embedding may be cut. */
  readonly matryoshka?: readonly number[] | undefined;
}

const POOLINGS: readonly ModelInfo["pooling"][] = ["mean", "cls", "max", "last"];
const MOST_PROMPT_CHARACTERS = 4_096;

/**
 * A recipe that a user wrote beside the model's own files.
 * @param file the parsed polyseme.json; undefined: there is none
 * @throws BadModelFile naming the first field that is wrong, unknown ones too: a field misspelt would be one not obeyed
 */
export function parseRecipe(file: unknown): ModelRecipe {
  if (file === undefined) return {};
  if (!isRecord(file)) throw new BadModelFile(RECIPE_FILE, "is no JSON object");
  for (const key of Object.keys(file))
    if (!FIELDS.includes(key))
      throw new BadModelFile(
        RECIPE_FILE,
        `has the field ${JSON.stringify(key.slice(0, 80))}; known are ${FIELDS.join(", ")}`,
      );
  return {
    pooling: read(
      file,
      "pooling",
      `one of ${POOLINGS.join(", ")}`,
      POOLINGS.find((name) => name === file["pooling"]),
    ),
    prompts: read(
      file,
      "prompts",
      `an object with the texts "query" and "document", of ${MOST_PROMPT_CHARACTERS} characters at most`,
      promptsIn(file["prompts"]),
    ),
    maxTokens: read(file, "maxTokens", "a whole number of 3 or more", atLeast(3, wholeNumber(file, "maxTokens"))),
    dimensions: read(file, "dimensions", "a whole number of 1 or more", atLeast(1, wholeNumber(file, "dimensions"))),
    matryoshka: read(file, "matryoshka", "a list of whole numbers", positiveNumbers(file["matryoshka"])),
  };
}

const FIELDS = ["pooling", "prompts", "maxTokens", "dimensions", "matryoshka"];

/** The field's value, undefined where the file has no such field. */
function read<T>(file: Json, key: string, wanted: string, value: T | undefined): T | undefined {
  if (file[key] !== undefined && value === undefined)
    throw new BadModelFile(RECIPE_FILE, `has a wrong ${key}: it must be ${wanted}`);
  return value;
}

function promptsIn(prompts: unknown): ModelPrompts | undefined {
  if (!isRecord(prompts) || Object.keys(prompts).some((key) => key !== "query" && key !== "document")) return undefined;
  const { query = "", document = "" } = prompts;
  return isPrompt(query) && isPrompt(document) ? { query, document } : undefined;
}

function atLeast(least: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= least ? value : undefined;
}

function isPrompt(value: unknown): value is string {
  return typeof value === "string" && value.length <= MOST_PROMPT_CHARACTERS;
}
