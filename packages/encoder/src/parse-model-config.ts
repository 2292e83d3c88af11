import { modelPrompts, type ModelPrompts } from "./model-prompts.ts";
import type { ModelInfo } from "./types.ts";

/** The JSON files of a model folder; undefined: the folder has no such file. */
export interface ModelConfigFiles {
  readonly config: unknown;
  readonly tokenizerConfig: unknown;
  readonly sentenceBert: unknown;
  readonly pooling: unknown;
  readonly modules: unknown;
  readonly sentenceTransformers?: unknown;
  /** The folder's path, which may end in the model's name. */
  readonly folder?: string;
}

export interface ModelConfig {
  readonly modelType: string;
  readonly dimensions: number;
  /** Most tokens of one text, special tokens counted. */
  readonly maxTokens: number;
  readonly pooling: ModelInfo["pooling"];
  readonly padTokenId: number;
  readonly prompts: ModelPrompts;
}

/** Which file of the folder is at fault, and how. */
export class BadModelFile extends Error {
  readonly file: string;

  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}

/** These count positions from the padding id on, so that many of max_position_embeddings are no text's. */
const OFFSET_POSITION_MODELS = new Set([
  "roberta",
  "xlm-roberta",
  "xlm-roberta-xl",
  "camembert",
  "mpnet",
  "longformer",
]);
/** transformers' own default where neither model nor tokenizer names a limit. */
const DEFAULT_MAX_TOKENS = 512;

/**
 * What a hub model's configuration says of how to run it, as sentence-transformers reads it.
 * @throws BadModelFile
 */
export function parseModelConfig(files: ModelConfigFiles): ModelConfig {
  if (!isRecord(files.config)) throw new BadModelFile("config.json", "is no JSON object");
  const config = files.config;
  const dimensions = wholeNumber(config, "hidden_size") ?? wholeNumber(config, "dim") ?? wholeNumber(config, "d_model");
  if (dimensions === undefined || dimensions === 0)
    throw new BadModelFile("config.json", "names no hidden_size (a whole number)");
  const modelType = typeof config["model_type"] === "string" ? config["model_type"] : "unknown";
  const padTokenId = wholeNumber(config, "pad_token_id") ?? 0;
  refuseUnknownModules(files.modules);
  return {
    modelType,
    dimensions,
    maxTokens: maxTokensOf(files, config, OFFSET_POSITION_MODELS.has(modelType) ? padTokenId + 1 : 0),
    pooling: poolingOf(files.pooling),
    padTokenId,
    prompts: modelPrompts(files.sentenceTransformers, namesOf(files.folder, config)),
  };
}

function namesOf(folder: string | undefined, config: Json): string[] {
  return [folder, config["_name_or_path"]].filter((name) => typeof name === "string");
}

function maxTokensOf(files: ModelConfigFiles, config: Json, positionOffset: number): number {
  const positions = wholeNumber(config, "max_position_embeddings");
  const limits = [
    positions === undefined ? undefined : positions - positionOffset,
    wholeNumber(files.sentenceBert, "max_seq_length"),
    // Tokenizers without a limit say 1e30.
    wholeNumber(files.tokenizerConfig, "model_max_length"),
  ].filter((limit) => limit !== undefined && limit > 0 && limit < 1e9);
  return limits.length === 0 ? DEFAULT_MAX_TOKENS : Math.min(...limits.map(Number));
}

const POOLING_FLAGS: Readonly<Record<string, ModelInfo["pooling"]>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_mean_tokens: "mean",
  // Another divisor than the mean's, gone after L2 normalisation.
  pooling_mode_mean_sqrt_len_tokens: "mean",
  pooling_mode_max_tokens: "max",
  pooling_mode_lasttoken: "last",
};
const POOLING_NAMES: Readonly<Record<string, ModelInfo["pooling"]>> = {
  cls: "cls",
  mean: "mean",
  mean_sqrt_len_tokens: "mean",
  max: "max",
  lasttoken: "last",
};

/** Mean where nothing is said, as sentence-transformers does. */
function poolingOf(file: unknown): ModelInfo["pooling"] {
  if (!isRecord(file)) return "mean";
  const flags = Object.keys(file).filter((key) => key.startsWith("pooling_mode_") && file[key] === true);
  const named = file["pooling_mode"];
  const modes = typeof named === "string" ? [POOLING_NAMES[named]] : flags.map((flag) => POOLING_FLAGS[flag]);
  const [mode = modes.length === 0 ? "mean" : undefined] = modes;
  if (modes.length > 1 || mode === undefined)
    throw new BadModelFile("1_Pooling/config.json", "asks for a pooling other than one of mean, cls, max, last token");
  return mode;
}

const KNOWN_MODULES = ["Transformer", "Pooling", "Normalize"];

/** A dense layer behind the pooling, say, would silently give other vectors than the model's own. */
function refuseUnknownModules(modules: unknown): void {
  if (!Array.isArray(modules)) return;
  for (const module of modules as unknown[]) {
    const type = isRecord(module) && typeof module["type"] === "string" ? module["type"] : "";
    const name = type.slice(type.lastIndexOf(".") + 1);
    if (!KNOWN_MODULES.includes(name))
      throw new BadModelFile(
        "modules.json",
        `uses the module "${name}"; only ${KNOWN_MODULES.join(", ")} are supported`,
      );
  }
}

type Json = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wholeNumber(file: unknown, key: string): number | undefined {
  const value = isRecord(file) ? file[key] : undefined;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}
