import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { messageOf, PolysemeError } from "@polyseme/core";
import { type GraphOutputs, inputTableOf, type ModelOutputs, planOutputs } from "./append-outputs.ts";
import { BadModelFile } from "./bad-model-file.ts";
import { checkTensors, type ExternalData } from "./check-tensors.ts";
import { exists } from "./exists.ts";
import { isIntegerOperator } from "./float-graph.ts";
import { METADATA_FILE } from "./late-interaction.ts";
import { parseModules } from "./model-modules.ts";
import { RECIPE_FILE } from "./model-recipe.ts";
import { readGraph, type OnnxGraph } from "./onnx-graph.ts";
import { readHead, readTokenLayers } from "./read-layers.ts";
import { isSparseGraph, planSparseOutput } from "./sparse-output.ts";
import { parseModelConfig, type ModelConfig, type ModelConfigFiles } from "./parse-model-config.ts";

/** A model as it lies on disk: everything that is known before a session is opened. */
export interface ModelFolder<Outputs extends GraphOutputs = ModelOutputs> extends ModelConfig {
  /** Absolute path. */
  readonly folder: string;
  /** The ONNX file, relative to the folder. */
  readonly file: string;
  readonly tokenizerJson: string;
  readonly hasTokenTypes: boolean;
  /** Whether the graph wants to be told the position of each token. */
  readonly hasPositions: boolean;
  /** Rows of the input table; undefined where the graph shows none. */
  readonly vocabulary: number | undefined;
  readonly outputs: Outputs;
  /** Whether the graph multiplies integers, for which no device but the CPU has kernels. */
  readonly hasIntegerProducts: boolean;
  /** Whether those could leave 16 bits on CPUs that add two of them in so many; prepared models say that they cannot. */
  readonly mayOverflow: boolean;
}

/** Metadata of graphs whose integer products fit into 16 bits two by two. */
export const NO_OVERFLOW = { key: "polyseme.products", value: "fit16" };

export const HALF_FILE = "onnx/model_fp16.onnx";
export const FLOAT_FILES = ["onnx/model.onnx", "model.onnx"];
/** Where exporters put the graph; int8 first, as it is the faster one on CPU. */
const ONNX_FILES = ["onnx/model_int8.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx", "model.onnx"];
const NEEDED_INPUTS = ["input_ids", "attention_mask"];
const KNOWN_INPUTS = [...NEEDED_INPUTS, "token_type_ids", "position_ids"];

/**
 * Reads a folder in the hub's layout.
 * @param file the ONNX file relative to the folder; undefined: the first of the usual names that is there.
 * @throws PolysemeError `model_unavailable`, naming the file in `details.file`
 */
export async function readModelFolder(folder: string, file?: string): Promise<ModelFolder> {
  const model = await readFolder(folder, file, readModelConfig, async (path, config) => {
    const { pooling, poolingIsOwn, lateInteraction } = config;
    const plan = {
      pooling,
      head: await readHead(path, config),
      tokenLayers: lateInteraction === undefined ? undefined : await readTokenLayers(path, config),
      // One of the graph's own would be pooled of vectors that are not compared.
      ignoresPooled: poolingIsOwn || lateInteraction !== undefined,
    };
    return (graph) => (isSparseGraph(graph, config) ? planSparseOutput(graph) : planOutputs(graph, plan));
  });
  return model.outputs.sparse === undefined ? model : { ...model, dimensions: vocabularyOf(model.folder, model) };
}

/**
 * A model's dimensions and limits from its small files alone, the graph unread.
 * @throws PolysemeError `model_unavailable`, naming the file in `details.file`
 */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const path = resolve(folder);
  return guarded(path, async () => {
    const modules = await readOptionalJson(path, "modules.json");
    const { pooling, head, tokenLayers = [] } = parseModules(modules);
    const dense = new Map<string, unknown>();
    for (const folder of [...head.flatMap((step) => (step.kind === "dense" ? [step.folder] : [])), ...tokenLayers])
      dense.set(folder, await readOptionalJson(path, `${folder}/config.json`));
    return parseModelConfig({
      ...(await readConfigFiles(path)),
      pooling: await readOptionalJson(path, `${pooling}/config.json`),
      modules,
      metadata: modules === undefined ? await readOptionalJson(path, METADATA_FILE) : undefined,
      dense,
    });
  });
}

/** The small files that a model of any kind has. */
export async function readConfigFiles(path: string): Promise<ModelConfigFiles> {
  return {
    config: parseJson("config.json", await readText(path, "config.json")),
    tokenizerConfig: await readOptionalJson(path, "tokenizer_config.json"),
    sentenceBert: await readOptionalJson(path, "sentence_bert_config.json"),
    pooling: undefined,
    modules: await readOptionalJson(path, "modules.json"),
    sentenceTransformers: await readOptionalJson(path, "config_sentence_transformers.json"),
    recipe: await readOptionalJson(path, RECIPE_FILE),
    // Without the revision that a downloaded one may have behind its name.
    folder: path.replace(/@[\w.-]+$/, ""),
  };
}

/**
 * Reads a folder of one kind of model: its settings, its tokenizer, and of its graph what is fetched.
 * @throws PolysemeError `model_unavailable`, naming the file in `details.file`
 */
export async function readFolder<Outputs extends GraphOutputs>(
  folder: string,
  file: string | undefined,
  readConfig: (path: string) => Promise<ModelConfig>,
  planner: (path: string, config: ModelConfig) => Promise<(graph: OnnxGraph) => Outputs>,
): Promise<ModelFolder<Outputs>> {
  const path = resolve(folder);
  const config = await readConfig(path);
  const tokenizerJson = await guarded(path, () => readText(path, "tokenizer.json"));
  const onnxFile = file ?? (await findOnnxFile(path));
  const graph = await guarded(path, async () => readOnnx(path, onnxFile, await planner(path, config)));
  return { ...config, folder: path, file: onnxFile, tokenizerJson, ...graph };
}

/** The error for a folder one of whose files cannot be used. */
export function badModel(folder: string, file: string, problem: string, cause?: unknown): PolysemeError {
  return new PolysemeError(
    "model_unavailable",
    `${join(folder, file)} ${problem}. Replace the file with the model's own, or choose another model.`,
    { details: { field: "model", file }, cause },
  );
}

async function readOnnx<Outputs extends GraphOutputs>(
  folder: string,
  file: string,
  plan: (graph: OnnxGraph) => Outputs,
): Promise<Omit<ModelFolder<Outputs>, keyof ModelConfig | "folder" | "file" | "tokenizerJson">> {
  const bytes = await readFile(join(folder, file)).catch((error: unknown) => {
    throw new BadModelFile(file, `cannot be read (${messageOf(error)})`);
  });
  try {
    const graph = readGraph(bytes);
    const { external, shapes } = checkTensors(bytes);
    await checkExternal(join(folder, dirname(file)), external);
    const missing = NEEDED_INPUTS.filter((name) => !graph.inputs.includes(name));
    const unknown = graph.inputs.filter((name) => !KNOWN_INPUTS.includes(name));
    if (missing.length > 0) throw new Error(`its graph has no input ${missing.join(" and ")}`);
    if (unknown.length > 0)
      throw new Error(`its graph wants the inputs ${unknown.slice(0, 8).join(", ")}, which no text gives`);
    return {
      hasTokenTypes: graph.inputs.includes("token_type_ids"),
      vocabulary: shapes.get(inputTableOf(graph)?.table ?? "")?.[0],
      hasPositions: graph.inputs.includes("position_ids"),
      outputs: plan(graph),
      hasIntegerProducts: graph.nodes.some(({ operator }) => isIntegerOperator(operator)),
      mayOverflow: graph.metadata.get(NO_OVERFLOW.key) !== NO_OVERFLOW.value,
    };
  } catch (error) {
    throw new BadModelFile(file, `is no usable ONNX model: ${messageOf(error)}`);
  }
}

function vocabularyOf(folder: string, { vocabularySize }: ModelConfig): number {
  if (vocabularySize === undefined || vocabularySize === 0)
    throw badModel(folder, "config.json", "names no vocab_size (a whole number), which a sparse model's vectors have");
  return vocabularySize;
}

/**
 * The runtime opens whatever file a model names, and maps as much of it as it is told to.
 * @throws Error for a file outside of the graph's folder, or too short
 */
async function checkExternal(folder: string, external: readonly ExternalData[]): Promise<void> {
  const ends = new Map<string, number>();
  for (const { location, end } of external) ends.set(location, Math.max(end, ends.get(location) ?? 0));
  for (const [location, end] of ends) {
    const shown = JSON.stringify(location.slice(0, 80));
    const path = resolve(folder, location);
    if (isAbsolute(location) || /[\\\0]/.test(location) || !path.startsWith(resolve(folder) + sep))
      throw new Error(`its weights lie in ${shown}, outside of the model's folder`);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) throw new Error(`its weights lie in ${shown}, which is missing`);
    if (found.size < end) throw new Error(`its weights lie in ${shown}, which has ${found.size} bytes of ${end}`);
  }
}

async function findOnnxFile(folder: string): Promise<string> {
  for (const file of ONNX_FILES) if (await exists(join(folder, file))) return file;
  throw badModel(folder, "onnx/model.onnx", `is missing (looked for ${ONNX_FILES.join(", ")})`);
}

async function readText(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new BadModelFile(file, isMissing ? "is missing" : `cannot be read (${messageOf(error)})`);
  }
}

async function readOptionalJson(folder: string, file: string): Promise<unknown> {
  if (!(await exists(join(folder, file)))) return undefined;
  return parseJson(file, await readText(folder, file));
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new BadModelFile(file, `is no valid JSON (${messageOf(error)})`);
  }
}

export async function guarded<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadModelFile) throw badModel(folder, error.file, error.message, error);
    throw error;
  }
}

/** Where a graph's weights lie when they are files of their own: beside it. */
export function weightsFolder(model: Pick<ModelFolder, "folder" | "file">): string {
  return dirname(join(model.folder, model.file));
}
