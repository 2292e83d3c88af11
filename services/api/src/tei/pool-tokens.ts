import type { ModelInfo } from "@polyseme/encoder";

/**
 * A text's vector out of its tokens' [tokens, dimensions], by the model's own pooling and not normalised. The encoder's
 * graphs give the normalised one only.
 */
export function poolTokens(
  contextual: Float32Array,
  { tokenDimensions: dimensions, pooling }: Pick<ModelInfo, "tokenDimensions" | "pooling">,
): Float32Array {
  const tokens = contextual.length / dimensions;
  const row = (index: number): Float32Array => contextual.subarray(index * dimensions, (index + 1) * dimensions);
  switch (pooling) {
    case "cls":
      return row(0).slice();
    case "last":
      return row(tokens - 1).slice();
    case "mean": {
      const sum = new Float64Array(dimensions);
      for (let index = 0; index < tokens; index += 1)
        row(index).forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
      return Float32Array.from(sum, (value) => value / tokens);
    }
    case "max": {
      const most = row(0).slice();
      for (let index = 1; index < tokens; index += 1)
        row(index).forEach((value, i) => (most[i] = Math.max(most[i] ?? value, value)));
      return most;
    }
    default:
      return pooling satisfies never;
  }
}
