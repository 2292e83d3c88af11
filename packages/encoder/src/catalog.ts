import { PolysemeError } from "@polyseme/core";
import { findModel, listModels, type FoundModel } from "./find-model.ts";
import type { ModelPrompts } from "./model-prompts.ts";
import { isProjected } from "./parse-model-config.ts";
import { readModelFolder } from "./read-model-folder.ts";
import type { ModelInfo } from "./types.ts";

/** What others must know of a model before it is loaded. */
export interface ModelShape {
  readonly name: string;
  readonly dimensions: number;
  /** Most tokens of one text, special tokens counted. */
  readonly maxTokens: number;
  readonly pooling: ModelInfo["pooling"];
  /** The embedding is more than pooled vectors of tokens; left out: it is not. */
  readonly isProjected?: boolean;
  /** Left out: it wants none. */
  readonly prompts?: ModelPrompts;
}

/** Models by name, read from their files alone: no tokenizer, no runtime. */
export interface ModelCatalog {
  readonly defaultModel: string;
  find(name: string): Promise<FoundModel>;
  /** Those that a request may name, the default one first. */
  list(): Promise<FoundModel[]>;
  /**
   * @throws PolysemeError `invalid` when there is no such model, `model_unavailable` when its files are broken
   */
  describe(name: string): Promise<ModelShape>;
}

/**
 * @param options.defaultModel the one model that may be named by a path: whoever starts the process chooses it, while
 * other names come from requests and must not reach into the file system
 */
export function makeCatalog(options: { defaultModel: string; modelsDir: string | undefined }): ModelCatalog {
  const find = async (name: string): Promise<FoundModel> => {
    if (name !== options.defaultModel && !/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(name))
      throw new PolysemeError("invalid", "A model is named by its name or as organisation/name.", {
        details: { field: "model" },
      });
    return findModel(name, { modelsDir: options.modelsDir });
  };
  return {
    defaultModel: options.defaultModel,
    find,
    async list() {
      const known = await find(options.defaultModel).catch(() => undefined);
      const others = await listModels({ modelsDir: options.modelsDir });
      return [...(known === undefined ? [] : [known]), ...others.filter(({ folder }) => folder !== known?.folder)];
    },
    async describe(name) {
      const found = await find(name);
      const model = await readModelFolder(found.folder);
      const { dimensions, maxTokens, pooling, prompts } = model;
      return { name: found.name, dimensions, maxTokens, pooling, prompts, isProjected: isProjected(model) };
    },
  };
}
