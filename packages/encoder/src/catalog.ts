import { PolysemeError, type Config, type Log, type SparseSettings, type StopStep } from "@polyseme/core";
import { findModel, listModels, lookForModel, type FoundModel } from "./find-model.ts";
import { parseHubId } from "./hub/hub-id.ts";
import { makeModelPuller, type ModelPuller } from "./hub/model-puller.ts";
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
  /** Its texts are compared token by token; left out: they are not. */
  readonly isLateInteraction?: boolean;
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
   * @throws PolysemeError `invalid` when there is no such model or it gives no embeddings, `model_unavailable` when its files
   * are broken
   */
  describe(name: string): Promise<ModelShape>;
  /** The same of a sparse model: `invalid` when it gives embeddings. */
  describeSparse(name: string): Promise<SparseSettings>;
}

/**
 * @param options.defaultModel the one model that may be named by a path: whoever starts the process chooses it, while
 * other names come from requests and must not reach into the file system
 * @param options.puller brings the default model when it is not here; for the same reason it brings no other
 */
export function makeCatalog(options: {
  defaultModel: string;
  modelsDir: string | undefined;
  puller?: Pick<ModelPuller, "find"> | undefined;
}): ModelCatalog {
  const find = async (name: string): Promise<FoundModel> => {
    const places = { modelsDir: options.modelsDir };
    if (name === options.defaultModel && options.puller !== undefined)
      return (await lookForModel(name, places)) ?? options.puller.find();
    if (name !== options.defaultModel && !/^[\w-][\w.-]*(\/[\w-][\w.-]*(@[\w-][\w.-]*)?)?$/.test(name))
      throw new PolysemeError(
        "invalid",
        "A model is named by its name, as organisation/name or organisation/name@revision.",
        {
          details: { field: "model" },
        },
      );
    return findModel(name, places);
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
      if (model.outputs.sparse !== undefined)
        throw new PolysemeError(
          "invalid",
          `${found.name} is a sparse model: it gives weights of its vocabulary, and no embeddings. Name it as sparse.model, beside a model that gives them.`,
          { details: { field: "model" } },
        );
      const { dimensions, maxTokens, pooling, prompts } = model;
      const isLateInteraction = model.lateInteraction !== undefined;
      const shape = { name: found.name, dimensions, maxTokens, pooling, prompts };
      return { ...shape, isProjected: isProjected(model), isLateInteraction };
    },
    async describeSparse(name) {
      const found = await find(name);
      const { outputs, dimensions } = await readModelFolder(found.folder);
      if (outputs.sparse !== undefined) return { model: found.name, dimensions };
      throw new PolysemeError(
        "invalid",
        `${found.name} is no sparse model: its graph gives vectors, and no weights of its vocabulary.`,
        { details: { field: "sparse.model" } },
      );
    },
  };
}

/** A process's catalog and, where its default model is one of the hub's, who brings it. */
export interface OpenCatalog {
  readonly catalog: ModelCatalog;
  readonly puller: ModelPuller | undefined;
  readonly closeStep: StopStep;
}

const CLOSE_MS = 5_000;

/** The catalog of the settings: a default model `org/name[@revision]` that is not here is downloaded at its first use. */
export function openCatalog(config: Pick<Config, "model" | "modelsDir" | "hub" | "device">, log: Log): OpenCatalog {
  const puller = parseHubId(config.model) === undefined ? undefined : makeModelPuller(config.model, config, log);
  return {
    catalog: makeCatalog({ defaultModel: config.model, modelsDir: config.modelsDir, puller }),
    puller,
    closeStep: { name: "the download of the model", withinMs: CLOSE_MS, stop: () => puller?.close() },
  };
}
