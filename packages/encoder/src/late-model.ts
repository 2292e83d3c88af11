import { BadModelFile } from "./bad-model-file.ts";
import { parseDense, type DenseShape } from "./dense-layer.ts";
import { METADATA_FILE, parseMetadata, parsePyLate, type LateInteraction } from "./late-interaction.ts";
import type { ModelModules } from "./model-modules.ts";
import type { ModelConfigFiles } from "./parse-model-config.ts";

export interface LateModel {
  readonly interaction: LateInteraction;
  /** What each vector of a token goes through, in this order. */
  readonly layers: readonly DenseShape[];
}

/**
 * What makes a folder's model one for late interaction, in the layout of PyLate (layers and no pooling in modules.json) or of
 * ColBERT's authors (an artifact.metadata, and the layer among the model's own weights).
 * @param hidden width of the transformer's vectors of tokens
 * @returns undefined for a model of another kind
 * @throws BadModelFile
 */
export function lateModelOf(
  files: Pick<ModelConfigFiles, "dense" | "metadata" | "sentenceTransformers" | "tokenizerConfig">,
  { tokenLayers }: Pick<ModelModules, "tokenLayers">,
  hidden: number,
): LateModel | undefined {
  if (tokenLayers !== undefined) {
    let width = hidden;
    const layers = tokenLayers.map((folder) => {
      const layer = parseDense(files.dense?.get(folder), folder, "token_embeddings");
      if (layer.from !== width)
        throw new BadModelFile(`${folder}/config.json`, `takes ${layer.from} values and is given ${width}`);
      width = layer.to;
      return layer;
    });
    return { interaction: parsePyLate(files.sentenceTransformers, files.tokenizerConfig), layers };
  }
  if (files.metadata === undefined) return undefined;
  const { dimensions, ...interaction } = parseMetadata(files.metadata, files.tokenizerConfig);
  if (dimensions === undefined || dimensions === 0)
    throw new BadModelFile(METADATA_FILE, "names no dim (a whole number)");
  const layer = {
    kind: "dense",
    folder: "",
    from: hidden,
    to: dimensions,
    hasBias: false,
    activation: undefined,
  } as const;
  return { interaction, layers: [layer] };
}
