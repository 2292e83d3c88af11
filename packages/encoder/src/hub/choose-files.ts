import { PolysemeError, type Device } from "@polyseme/core";
import type { HubId } from "./hub-id.ts";
import type { ListedFile } from "./list-files.ts";

export type Precision = "fp32" | "int8";

/** Files that say how the model is run. No name leads out of the folder, whatever the hub lists. */
const SMALL_FILES: readonly RegExp[] = [
  /^config\.json$/,
  /^(?:tokenizer|tokenizer_config|special_tokens_map|added_tokens)\.json$/,
  /^(?:modules|config_sentence_transformers|sentence_[a-z-]+_config)\.json$/,
  /^\d_[A-Z][A-Za-z]{1,40}\/config\.json$/,
  /^artifact\.metadata$/,
  /^(?:LICENSE|LICENCE|NOTICE)(?:\.txt|\.md)?$/,
];
/** A dense layer behind the pooling is no part of the graph; its weights as a pickle only where there are no others. */
const DENSE_WEIGHTS = /^(\d_Dense)\/(model\.safetensors|pytorch_model\.bin)$/;

/** Where a late-interaction model in its authors' own layout has its layer, among weights that the graph has too. */
const OWN_WEIGHTS = "model.safetensors";
const OWN_LAYOUT = { has: "artifact.metadata", lacks: "modules.json" };

const FLOAT_GRAPHS = ["onnx/model.onnx", "model.onnx"];
const INTEGER_GRAPHS = ["onnx/model_int8.onnx", "onnx/model_quantized.onnx"];
const HALF_GRAPH = "onnx/model_fp16.onnx";

export interface ChosenFiles {
  /** Read first: from them it is known whether the others are worth their time. */
  readonly small: readonly ListedFile[];
  /** Graphs and their weights. */
  readonly large: readonly ListedFile[];
  /** The graph that runs on a CPU. */
  readonly graph: string;
  /** True when it is one of integers, though nobody asked for it. */
  readonly isSecondChoice: boolean;
}

/**
 * The files of a model that are run: its settings, its tokenizer and one graph with its weights; on a GPU that was asked for,
 * one in half precision too.
 *
 * The graph is the float32 one where there is one. Those of integers that lie on the hub scale each batch by its largest
 * number, so that a text's vector depends on its neighbours.
 * @throws PolysemeError `invalid` when there is nothing to run, saying where such a thing may be had
 */
export function chooseFiles(
  id: HubId,
  listed: readonly ListedFile[],
  { precision = "fp32", device }: { readonly precision?: Precision | undefined; readonly device: Device },
): ChosenFiles {
  const byPath = new Map(listed.map((file) => [file.path, file]));
  const wanted = precision === "int8" ? INTEGER_GRAPHS : [...FLOAT_GRAPHS, ...INTEGER_GRAPHS];
  const graph = wanted.find((path) => byPath.has(path));
  if (graph === undefined) throw noGraph(id, listed, wanted);
  for (const needed of ["config.json", "tokenizer.json"])
    if (!byPath.has(needed))
      throw new PolysemeError(
        "invalid",
        `${id.name} has no ${needed}. ` +
          `${needed === "tokenizer.json" ? 'transformers makes one: AutoTokenizer.from_pretrained(…).save_pretrained("FOLDER"). ' : ""}` +
          "Take another model, or complete a folder by hand and give its path.",
        { details: { field: "model" } },
      );
  const onGpu = device !== "cpu" && device !== "auto" && precision === "fp32";
  const graphs = onGpu && byPath.has(HALF_GRAPH) ? [graph, HALF_GRAPH] : [graph];
  return {
    small: listed.filter(({ path }) => SMALL_FILES.some((pattern) => pattern.test(path))),
    large: [
      ...listed.filter(({ path }) => isDenseWeights(path, byPath)),
      ...graphs.flatMap((path) => withWeights(path, listed)),
    ],
    graph,
    isSecondChoice: precision === "fp32" && INTEGER_GRAPHS.includes(graph),
  };
}

function isDenseWeights(path: string, all: ReadonlyMap<string, unknown>): boolean {
  if (path === OWN_WEIGHTS) return all.has(OWN_LAYOUT.has) && !all.has(OWN_LAYOUT.lacks);
  const [, folder, file] = DENSE_WEIGHTS.exec(path) ?? [];
  if (folder === undefined) return false;
  return file === "model.safetensors" || !all.has(`${folder}/model.safetensors`);
}

/** Graphs of more than 2 GB have their weights in files beside them, under names that exporters agree on. */
function withWeights(graph: string, listed: readonly ListedFile[]): ListedFile[] {
  return listed.filter(
    ({ path }) =>
      path === graph || (path.startsWith(graph) && /^[._]data(?:_\d{1,3})?$/.test(path.slice(graph.length))),
  );
}

function noGraph(id: HubId, listed: readonly ListedFile[], wanted: readonly string[]): PolysemeError {
  const others = listed.map(({ path }) => path).filter((path) => path.endsWith(".onnx"));
  const name = id.repository.slice(id.repository.indexOf("/") + 1);
  const found =
    others.length === 0 ? "no ONNX file" : `none of ${wanted.join(", ")} (it has ${others.slice(0, 8).join(", ")})`;
  return new PolysemeError(
    "invalid",
    `${id.name} has ${found}. Look for onnx-community/${name} or Xenova/${name}, or export it ` +
      `(optimum-cli export onnx --model ${id.repository} FOLDER) and give the folder's path.`,
    { details: { field: "model" } },
  );
}
