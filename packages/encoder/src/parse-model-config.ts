import { BadModelFile } from "./bad-model-file.ts";
import { parseDense, type DenseShape } from "./dense-layer.ts";
import { isRecord, positiveNumbers, wholeNumber, type Json } from "./json-values.ts";
import { knownRecipe } from "./known-models.ts";
import type { LateInteraction } from "./late-interaction.ts";
import { parseModules, type ModelModules } from "./model-modules.ts";
import { promptsOf, type ModelPrompts } from "./model-prompts.ts";
import { parseRecipe, RECIPE_FILE, type ModelRecipe } from "./model-recipe.ts";
import { parsePooling, poolsPrompt, type PoolingMode } from "./pooling-mode.ts";
import { checkSpladePooling } from "./sparse-output.ts";
import { lateModelOf } from "./late-model.ts";
import type { ModelInfo } from "./types.ts";

/** The JSON files of a model folder; undefined: the folder has no such file. */
export interface ModelConfigFiles {
  readonly config: unknown;
  readonly tokenizerConfig: unknown;
  readonly sentenceBert: unknown;
  /** config.json of the pooling's folder. */
  readonly pooling: unknown;
  readonly modules: unknown;
  readonly sentenceTransformers?: unknown;
  /** artifact.metadata of ColBERT's own layout, of a folder without modules.json. */
  readonly metadata?: unknown;
  /** config.json of each dense layer's folder, by folder. */
  readonly dense?: ReadonlyMap<string, unknown>;
  /** What the user wrote beside the model's own files. */
  readonly recipe?: unknown;
  /** The folder's path, which may end in the model's name. */
  readonly folder?: string;
}

/** One step between the pooled vector and the embedding. */
export type HeadStep = DenseShape | { readonly kind: "normalise" };

export interface ModelConfig {
  readonly modelType: string;
  /** The class that it was saved from, such as `BertModel`; empty: not said. */
  readonly architecture: string;
  /** Its modules make weights of the vocabulary, and no embedding. */
  readonly isSplade: boolean;
  /** Tokens of its vocabulary; undefined: config.json does not say. */
  readonly vocabularySize: number | undefined;
  /** Of the embedding. */
  readonly dimensions: number;
  /** Of the contextual vector of a token. */
  readonly tokenDimensions: number;
  /** Of a row of the input table. */
  readonly staticDimensions: number;
  /** How its texts are marked and compared token by token; undefined: it was not trained for that. */
  readonly lateInteraction: LateInteraction | undefined;
  /** What each vector of a token goes through, before they are normalised and pooled; only with `lateInteraction`. */
  readonly tokenLayers: readonly DenseShape[];
  /** Most tokens of one text, special tokens counted. */
  readonly maxTokens: number;
  readonly pooling: ModelInfo["pooling"];
  /** Whether a recipe of the user's names the pooling, so that one built into the graph is not meant. */
  readonly poolingIsOwn: boolean;
  /** Steps behind the pooling, in their order, without the norm at the end. */
  readonly head: readonly HeadStep[];
  /** The embedding is cut to `dimensions`. */
  readonly isCut: boolean;
  /** To how many of its first values the embedding may be cut; empty: the model was not trained for it. */
  readonly matryoshka: readonly number[];
  /** Whether the model's own library gives embeddings of length 1. Here they always are. */
  readonly normalises: boolean;
  readonly padTokenId: number;
  /** Position of a text's first token. */
  readonly positionOffset: number;
  /** Texts are lower-cased before they are tokenised, whatever the tokenizer does. */
  readonly lowerCases: boolean;
  readonly prompts: ModelPrompts;
}

/** Whether the embedding is more than pooled vectors of tokens, so that these do not add up to it. */
export function isProjected({ head, isCut }: Pick<ModelConfig, "head" | "isCut">): boolean {
  return head.length > 0 || isCut;
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
/** Tokenizers without a limit say 1e30. */
const NO_LIMIT = 1e9;

/**
 * What a hub model's configuration says of how to run it, as sentence-transformers reads it. The user's recipe goes before
 * the model's own files, and they before what is known of a model by its name.
 * @throws BadModelFile
 */
export function parseModelConfig(files: ModelConfigFiles): ModelConfig {
  if (!isRecord(files.config)) throw new BadModelFile("config.json", "is no JSON object");
  const config = files.config;
  const hidden =
    wholeNumber(config, "hidden_size") ??
    wholeNumber(config, "dim") ??
    wholeNumber(config, "d_model") ??
    wholeNumber(config, "n_embd");
  if (hidden === undefined || hidden === 0)
    throw new BadModelFile("config.json", "names no hidden_size (a whole number)");
  const recipe = parseRecipe(files.recipe);
  const known = knownRecipe(namesOf(files.folder, config));
  const modelType = typeof config["model_type"] === "string" ? config["model_type"] : "unknown";
  const padTokenId = wholeNumber(config, "pad_token_id") ?? 0;
  const positionOffset = OFFSET_POSITION_MODELS.has(modelType) ? padTokenId + 1 : 0;
  const positions = positionsOf(config, positionOffset);
  const modules = parseModules(files.modules);
  const { isSplade = false } = modules;
  if (isSplade) checkSpladePooling(files.pooling, `${modules.pooling}/config.json`);
  const prompts = recipe.prompts ??
    promptsOf(files.sentenceTransformers) ??
    known.prompts ?? { query: "", document: "" };
  const { pooling } = poolingOf(files.pooling, modules, { recipe, known, prompts });
  const late = lateModelOf(files, modules, hidden);
  const lateInteraction = late === undefined ? undefined : withinPositions(late.interaction, positions);
  const tokenDimensions = late?.layers.at(-1)?.to ?? hidden;
  const head = headOf(files, modules, tokenDimensions);
  const width = head.reduce((before, step) => (step.kind === "dense" ? step.to : before), tokenDimensions);
  const dimensions = cutTo(recipe.dimensions, width);
  return {
    modelType,
    architecture: architectureOf(config),
    isSplade,
    vocabularySize: wholeNumber(config, "vocab_size"),
    dimensions,
    tokenDimensions,
    staticDimensions: hidden,
    lateInteraction,
    tokenLayers: late?.layers ?? [],
    maxTokens:
      recipe.maxTokens ??
      // Before max_seq_length, in which its library leaves what it tokenised last.
      lateInteraction?.documentTokens ??
      maxTokensOf(files, positions) ??
      known.maxTokens ??
      DEFAULT_MAX_TOKENS,
    pooling,
    poolingIsOwn: recipe.pooling !== undefined,
    head,
    isCut: dimensions < width,
    matryoshka: matryoshkaOf(recipe, config, known).filter((size) => size < dimensions),
    normalises: modules.normalises,
    padTokenId,
    positionOffset,
    lowerCases: isRecord(files.sentenceBert) && files.sentenceBert["do_lower_case"] === true,
    prompts,
  };
}

function namesOf(folder: string | undefined, config: Json): string[] {
  return [folder, config["_name_or_path"]].filter((name) => typeof name === "string");
}

function architectureOf(config: Json): string {
  const named = config["architectures"];
  const first: unknown = Array.isArray(named) ? named[0] : named;
  return typeof first === "string" ? first : "";
}

/** Infinity where the model does not say how many it has. */
function positionsOf(config: Json, positionOffset: number): number {
  const positions = (wholeNumber(config, "max_position_embeddings") ?? 0) - positionOffset;
  return positions > 0 ? positions : Infinity;
}

function withinPositions(interaction: LateInteraction, positions: number): LateInteraction {
  const { queryTokens, documentTokens } = interaction;
  return {
    ...interaction,
    queryTokens: Math.min(queryTokens, positions),
    documentTokens: Math.min(documentTokens, positions),
  };
}

function maxTokensOf(files: ModelConfigFiles, positions: number): number | undefined {
  // Where the model itself says it, its tokenizer's limit is not looked at.
  const said = limitOf(files.sentenceBert, "max_seq_length") ?? limitOf(files.tokenizerConfig, "model_max_length");
  const limit = Math.min(positions, said ?? Infinity);
  return limit === Infinity ? undefined : limit;
}

function limitOf(file: unknown, key: string): number | undefined {
  const limit = wholeNumber(file, key);
  return limit !== undefined && limit > 0 && limit < NO_LIMIT ? limit : undefined;
}

interface Recipes {
  readonly recipe: ModelRecipe;
  readonly known: ModelRecipe;
  readonly prompts: ModelPrompts;
}

/** Mean where nothing is said, as sentence-transformers does. */
function poolingOf(file: unknown, modules: ModelModules, { recipe, known, prompts }: Recipes): PoolingMode {
  const at = `${modules.pooling}/config.json`;
  if (recipe.pooling !== undefined) return { pooling: recipe.pooling, byRoot: false };
  const said = parsePooling(file, at) ?? { pooling: known.pooling ?? "mean", byRoot: false };
  if (said.byRoot && modules.head.some(({ kind }) => kind === "dense"))
    throw new BadModelFile(at, "asks for mean_sqrt_len_tokens with a dense layer behind it, which is not supported");
  if (!poolsPrompt(file) && said.pooling !== "last" && prompts.query + prompts.document !== "")
    throw new BadModelFile(
      at,
      `leaves prompts out of the pooling (include_prompt is false), which is not supported; a ${RECIPE_FILE} with ` +
        "empty prompts runs the model without them",
    );
  return said;
}

function headOf(files: ModelConfigFiles, { head }: ModelModules, tokenDimensions: number): HeadStep[] {
  let width = tokenDimensions;
  const steps = head.map((module): HeadStep => {
    if (module.kind === "normalise") return module;
    const dense = parseDense(files.dense?.get(module.folder), module.folder);
    if (dense.from !== width)
      throw new BadModelFile(`${module.folder}/config.json`, `takes ${dense.from} values and is given ${width}`);
    width = dense.to;
    return dense;
  });
  // The embedding is normalised at the end in any case.
  while (steps.at(-1)?.kind === "normalise") steps.pop();
  return steps;
}

function cutTo(dimensions: number | undefined, width: number): number {
  if (dimensions !== undefined && dimensions > width)
    throw new BadModelFile(RECIPE_FILE, `asks for ${dimensions} dimensions of a model that gives ${width}`);
  return dimensions ?? width;
}

function matryoshkaOf(recipe: ModelRecipe, config: Json, known: ModelRecipe): readonly number[] {
  return recipe.matryoshka ?? positiveNumbers(config["matryoshka_dimensions"]) ?? known.matryoshka ?? [];
}
