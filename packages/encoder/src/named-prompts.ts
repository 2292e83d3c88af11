import { readFile } from "node:fs/promises";
import { join } from "node:path";

const FILE = "config_sentence_transformers.json";

/**
 * What a model's authors put before a text for a purpose, by the purpose's name, such as `query` -> `query: `.
 * @returns nothing for a model without such a file, or with one that cannot be read
 */
export async function readModelPrompts(folder: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(folder, FILE), "utf8").catch(() => "{}");
  return new Map(
    Object.entries(promptsOf(text)).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

function promptsOf(text: string): object {
  try {
    const { prompts } = (JSON.parse(text) ?? {}) as { prompts?: unknown };
    return typeof prompts === "object" && prompts !== null ? prompts : {};
  } catch {
    return {};
  }
}
