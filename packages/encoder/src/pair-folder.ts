import { resolve } from "node:path";
import { planScore, type PairOutputs } from "./append-outputs.ts";
import { BadModelFile } from "./bad-model-file.ts";
import { isRecord, wholeNumber, type Json } from "./json-values.ts";
import { RECIPE_FILE } from "./model-recipe.ts";
import { parseModelConfig, type ModelConfig, type ModelConfigFiles } from "./parse-model-config.ts";
import { guarded, readConfigFiles, readFolder, readModelConfig, type ModelFolder } from "./read-model-folder.ts";

/** A cross-encoder as it lies on disk; what a {@link ModelConfig} says of embeddings means nothing there. */
export type PairFolder = ModelFolder<PairOutputs>;

const CLASSIFIER = "ForSequenceClassification";
/** What a recipe may say of a model that gives no embeddings. */
const RECIPE_FIELDS = ["maxTokens"];

/**
 * Reads the folder of a model that scores pairs of texts, in the hub's layout.
 * @param file the ONNX file relative to the folder; undefined: the first of the usual names that is there.
 * @throws PolysemeError `model_unavailable`, naming the file in `details.file`
 */
export async function readPairFolder(folder: string, file?: string): Promise<PairFolder> {
  return readFolder(folder, file, readPairConfig, () => Promise.resolve(planScore));
}

/**
 * The limits of a model that scores pairs of texts, from its small files alone.
 * @throws PolysemeError `model_unavailable`, naming the file in `details.file`
 */
export async function readPairConfig(folder: string): Promise<ModelConfig> {
  const path = resolve(folder);
  return guarded(path, async () => parsePairConfig(await readConfigFiles(path)));
}

/**
 * What the small files say of a model that runs here, as an encoder or as one that scores pairs, and which of them it is.
 * @throws PolysemeError `model_unavailable`, naming the file in `details.file`
 */
export async function readAnyConfig(
  folder: string,
): Promise<{ readonly kind: "encoder" | "pairs"; readonly config: ModelConfig }> {
  const path = resolve(folder);
  const { config } = await guarded(path, () => readConfigFiles(path));
  const isClassifier = isRecord(config) && architecturesOf(config).some((name) => name.endsWith(CLASSIFIER));
  return isClassifier
    ? { kind: "pairs", config: await readPairConfig(path) }
    : { kind: "encoder", config: await readModelConfig(path) };
}

/** @throws BadModelFile */
export function parsePairConfig(files: ModelConfigFiles): ModelConfig {
  const { config, tokenizerConfig, sentenceBert, modules, recipe, folder = "" } = files;
  if (!isRecord(config)) throw new BadModelFile("config.json", "is no JSON object");
  const architectures = architecturesOf(config);
  if (!architectures.some((name) => name.endsWith(CLASSIFIER)))
    throw new BadModelFile(
      "config.json",
      `names the architecture ${quoted(architectures.join(", "))}; a model that scores pairs of texts is one …ForSequenceClassification`,
    );
  const labels = labelsOf(config);
  if (labels !== undefined && labels !== 1)
    throw new BadModelFile("config.json", `has ${labels} labels; a model that ranks has one, its score`);
  if (Array.isArray(modules) && modules.length !== 1)
    throw new BadModelFile("modules.json", "has modules behind the transformer, which a model for pairs may not have");
  if (isRecord(recipe))
    for (const key of Object.keys(recipe))
      if (!RECIPE_FIELDS.includes(key))
        throw new BadModelFile(
          RECIPE_FILE,
          `has the field ${quoted(key)}; of a model for pairs it may say ${RECIPE_FIELDS.join(", ")}`,
        );
  const read = { config, tokenizerConfig, sentenceBert, recipe, folder, pooling: undefined, modules: undefined };
  return parseModelConfig(read);
}

function architecturesOf(config: Json): string[] {
  const names = config["architectures"];
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/** Undefined where nothing is said; the graph's own width is checked in any case. */
function labelsOf(config: Json): number | undefined {
  const names = config["id2label"];
  return isRecord(names) ? Object.keys(names).length : wholeNumber(config, "num_labels");
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
