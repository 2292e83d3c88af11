import { BadModelFile } from "./bad-model-file.ts";
import { isRecord } from "./json-values.ts";

/** What stands behind the pooling, in the order in which it is done. */
export type HeadModule = { readonly kind: "dense"; readonly folder: string } | { readonly kind: "normalise" };

/** The modules of sentence-transformers that a model is made of. */
export interface ModelModules {
  /** Folder of the pooling's config.json. */
  readonly pooling: string;
  readonly head: readonly HeadModule[];
  /** The pooling makes weights of the vocabulary, and no vector. */
  readonly isSplade?: boolean;
  /** Folders of the dense layers that each vector of a token goes through, of a model without a pooling; else left out. */
  readonly tokenLayers?: readonly string[];
  /** Whether its own library would give vectors of length 1; polyseme always does. */
  readonly normalises: boolean;
}

const POOLING_FOLDER = "1_Pooling";
const MOST_MODULES = 16;
/** What stands before a pooling of the vocabulary's weights, in older and in newer files. */
const MASKED_MODULES = ["MLMTransformer", "Transformer"];

/**
 * What modules.json says; a folder without one is a transformer whose pooling, if it is named, lies at its usual place.
 * @param file the parsed file; undefined: there is none
 * @throws BadModelFile for a module or an order that would silently give other vectors than the model's own
 */
export function parseModules(file: unknown): ModelModules {
  if (file === undefined) return { pooling: POOLING_FOLDER, head: [], normalises: false };
  if (!Array.isArray(file) || file.length === 0 || file.length > MOST_MODULES)
    throw new BadModelFile("modules.json", `is no list of 1 to ${MOST_MODULES} modules`);
  const [first, second, ...others] = (file as unknown[]).map(moduleOf).filter(({ name }) => name !== "Dropout");
  if (second?.name === "SpladePooling" && others.length === 0 && MASKED_MODULES.includes(first?.name ?? ""))
    return { pooling: second.folder, head: [], isSplade: true, normalises: false };
  if (first?.name !== "Transformer")
    throw new BadModelFile("modules.json", `begins with ${quoted(first?.name)}, and only a Transformer can be run`);
  if (second === undefined) return { pooling: POOLING_FOLDER, head: [], normalises: false };
  const behind = [second, ...others];
  if (second.name === "Dense" && behind.every(({ name }) => name === "Dense" || name === "Normalize"))
    return { pooling: POOLING_FOLDER, head: [], tokenLayers: tokenLayersOf(behind), normalises: true };
  if (second.name !== "Pooling")
    throw new BadModelFile(
      "modules.json",
      `has the module ${quoted(second.name)} where the pooling must be: vectors of tokens can be pooled, nothing else`,
    );
  const head = others.map(({ name, folder }): HeadModule => {
    if (name === "Normalize") return { kind: "normalise" };
    if (name === "Dense") return { kind: "dense", folder };
    throw new BadModelFile(
      "modules.json",
      `has the module ${quoted(name)} behind the pooling; only Dense, Dropout and Normalize are supported there`,
    );
  });
  return { pooling: second.folder, head, normalises: head.at(-1)?.kind === "normalise" };
}

/** A norm between two layers would be one of tokens, and at the end there is one in any case. */
function tokenLayersOf(modules: readonly { readonly name: string; readonly folder: string }[]): string[] {
  const norm = modules.findIndex(({ name }) => name === "Normalize");
  if (norm >= 0 && norm < modules.length - 1)
    throw new BadModelFile("modules.json", "normalises vectors of tokens between two layers, which is not supported");
  return modules.flatMap(({ name, folder }) => (name === "Dense" ? [folder] : []));
}

function moduleOf(value: unknown): { name: string; folder: string } {
  const type = isRecord(value) && typeof value["type"] === "string" ? value["type"] : "";
  const folder = isRecord(value) && typeof value["path"] === "string" ? value["path"] : "";
  // One folder inside of the model's, and never out of it.
  if (!/^[\w.-]*$/.test(folder) || folder.startsWith("."))
    throw new BadModelFile("modules.json", `has a module in ${quoted(folder)}, which is no folder of the model`);
  return { name: type.slice(type.lastIndexOf(".") + 1), folder };
}

function quoted(text = ""): string {
  return JSON.stringify(text.slice(0, 80));
}
