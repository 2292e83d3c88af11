import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BadModelFile } from "./bad-model-file.ts";
import { readDense, weightsOf, type DenseLayer, type DenseShape } from "./dense-layer.ts";
import type { EmbeddingHead } from "./embedding-head.ts";
import { exists } from "./exists.ts";
import type { ModelConfig } from "./parse-model-config.ts";
import { readExcerpt } from "./safetensors.ts";

const PICKLED_WEIGHTS = "pytorch_model.bin";
const MOST_HEADER_BYTES = 1_000_000;

/**
 * Layers behind the pooling with their weights, which become a part of the graph.
 * @throws BadModelFile
 */
export async function readHead(folder: string, { head, isCut, dimensions }: ModelConfig): Promise<EmbeddingHead> {
  const steps = await Promise.all(head.map(async (step) => (step.kind === "dense" ? readLayer(folder, step) : step)));
  return { steps, cutTo: isCut ? dimensions : undefined };
}

/**
 * The same of the layers that each vector of a token goes through.
 * @throws BadModelFile
 */
export async function readTokenLayers(folder: string, { tokenLayers }: ModelConfig): Promise<DenseLayer[]> {
  return Promise.all(tokenLayers.map((layer) => readLayer(folder, layer)));
}

async function readLayer(folder: string, layer: DenseShape): Promise<DenseLayer> {
  const file = weightsOf(layer);
  const path = join(folder, file);
  if (!(await exists(path))) {
    const isPickled = await exists(join(folder, layer.folder, PICKLED_WEIGHTS));
    throw new BadModelFile(
      isPickled ? `${layer.folder === "" ? "" : `${layer.folder}/`}${PICKLED_WEIGHTS}` : file,
      isPickled
        ? `is a pickle, which is a program and is never run here; save the layer's weights as ${file}`
        : "is missing",
    );
  }
  // Room for weights as double as wide as the widest kind.
  const most = 8 * layer.to * (layer.from + 1);
  if (layer.folder === "") return readDense(layer, await excerptOf(path, file, most));
  const { size } = await stat(path);
  if (size > MOST_HEADER_BYTES + most)
    throw new BadModelFile(
      file,
      `has ${size} bytes, far more than a layer of ${layer.from} to ${layer.to} values needs`,
    );
  return readDense(layer, await readFile(path));
}

/** Where the layer lies among the whole model's weights, which are in the graph already. */
async function excerptOf(path: string, file: string, mostBytes: number): Promise<Uint8Array> {
  return readExcerpt(path, "linear.weight", mostBytes).catch((error: unknown) => {
    throw new BadModelFile(
      file,
      `is no usable file of weights: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}
