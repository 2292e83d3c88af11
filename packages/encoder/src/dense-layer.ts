import { BadModelFile } from "./bad-model-file.ts";
import { isRecord, wholeNumber } from "./json-values.ts";
import { readSafeTensor, type SafeTensor } from "./safetensors.ts";

/** A dense layer behind the pooling, or one that each vector of a token goes through, as its config.json describes it. */
export interface DenseShape {
  readonly kind: "dense";
  /** Its folder inside of the model's; empty: the model's own. */
  readonly folder: string;
  readonly from: number;
  readonly to: number;
  readonly hasBias: boolean;
  /** An ONNX operator; undefined: the identity. */
  readonly activation: "Tanh" | "Relu" | "Sigmoid" | undefined;
}

export interface DenseLayer extends DenseShape {
  /** [from, to] */
  readonly weights: Float32Array;
  /** [to] */
  readonly bias: Float32Array | undefined;
}

const ACTIVATIONS: Readonly<Record<string, DenseShape["activation"]>> = {
  Identity: undefined,
  Tanh: "Tanh",
  ReLU: "Relu",
  Sigmoid: "Sigmoid",
};
const DENSE_WEIGHTS = "model.safetensors";
/** Far more than any model has; a layer of that size would be 4 GB. */
const MOST_FEATURES = 32_768;

/** What a layer is given, by its library's names. */
type DenseInput = "sentence_embedding" | "token_embeddings";

/** @throws BadModelFile */
export function parseDense(file: unknown, folder: string, input: DenseInput = "sentence_embedding"): DenseShape {
  const at = `${folder}/config.json`;
  const from = wholeNumber(file, "in_features");
  const to = wholeNumber(file, "out_features");
  if (!isRecord(file) || !isWidth(from) || !isWidth(to))
    throw new BadModelFile(at, `does not say in_features and out_features (whole numbers up to ${MOST_FEATURES})`);
  for (const key of ["module_input_name", "module_output_name"]) {
    const name = file[key] ?? input;
    if (name !== input)
      throw new BadModelFile(at, `is a layer for ${JSON.stringify(name)}; where it stands, it is given ${input}`);
  }
  if (file["use_residual"] === true)
    throw new BadModelFile(at, "adds what it is given (use_residual), which is not supported");
  const type = typeof file["activation_function"] === "string" ? file["activation_function"] : "Tanh";
  const name = type.slice(type.lastIndexOf(".") + 1);
  if (!Object.hasOwn(ACTIVATIONS, name))
    throw new BadModelFile(at, `wants the activation ${name}; supported are ${Object.keys(ACTIVATIONS).join(", ")}`);
  return { kind: "dense", folder, from, to, hasBias: file["bias"] !== false, activation: ACTIVATIONS[name] };
}

/**
 * The layer with its weights.
 * @param file bytes of its model.safetensors
 * @throws BadModelFile when they are not of the shape that its config.json says
 */
export function readDense(shape: DenseShape, file: Uint8Array): DenseLayer {
  const { from, to, hasBias } = shape;
  const at = weightsOf(shape);
  const read = (name: string, wanted: readonly number[]): Float32Array => {
    const tensor = guarded(at, () => readSafeTensor(file, name));
    if (tensor?.shape.join() !== wanted.join())
      throw new BadModelFile(
        at,
        `has ${tensor === undefined ? "no" : `[${tensor.shape.join(", ")}] as`} ${name}, [${wanted.join(", ")}] is wanted`,
      );
    return tensor.values;
  };
  const rows = read("linear.weight", [to, from]);
  const weights = Float32Array.from({ length: from * to }, (_, i) => rows[(i % to) * from + Math.floor(i / to)] ?? 0);
  return { ...shape, weights, bias: hasBias ? read("linear.bias", [to]) : undefined };
}

/** The file of its weights, relative to the model's folder. */
export function weightsOf({ folder }: Pick<DenseShape, "folder">): string {
  return folder === "" ? DENSE_WEIGHTS : `${folder}/${DENSE_WEIGHTS}`;
}

function guarded(at: string, work: () => SafeTensor | undefined): SafeTensor | undefined {
  try {
    return work();
  } catch (error) {
    throw new BadModelFile(
      at,
      `is no usable file of weights: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function isWidth(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value <= MOST_FEATURES;
}
