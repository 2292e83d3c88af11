import { PolysemeError } from "@polyseme/core";
import { normalised, type ModelInfo } from "@polyseme/encoder";

/**
 * How the answer's embeddings are made as long as was asked for: their first values at length 1, where the model was
 * trained so that these alone are an embedding.
 * @param wanted undefined: as the model gives them
 * @throws PolysemeError `invalid` with the lengths that the model can be cut to
 */
export function cutterOf(
  { name, dimensions, matryoshka }: Pick<ModelInfo, "name" | "dimensions" | "matryoshka">,
  wanted: number | undefined,
): (embedding: Float32Array) => Float32Array {
  if (wanted === undefined || wanted === dimensions) return (embedding) => embedding;
  if (!matryoshka.includes(wanted))
    throw new PolysemeError(
      "invalid",
      matryoshka.length === 0
        ? `The model ${name} gives ${dimensions} dimensions and cannot be cut.`
        : `The model ${name} gives ${dimensions} dimensions and can be cut to ${matryoshka.join(", ")}.`,
      { details: { field: "dimensions" } },
    );
  return (embedding) => {
    const cut = normalised(embedding.slice(0, wanted));
    if (cut === undefined)
      throw new PolysemeError("encode_failed", `The first ${wanted} values of an embedding are 0.`);
    return cut;
  };
}
