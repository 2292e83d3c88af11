import type { ModelInfo } from "@polyseme/encoder";
import type { Generation } from "@polyseme/store";

/**
 * A query as the model's authors want it before it is encoded, such as `query: …`. Chunks of a collection that keeps token
 * vectors are encoded as they are, whatever the model wants before them; so are its queries.
 */
export function queryText(
  { prompts }: Pick<ModelInfo, "prompts">,
  { tokens }: Pick<Generation, "tokens">,
  query: string,
): string {
  return tokens.tokenVectors !== "none" || tokens.lateChunking ? query : prompts.query + query;
}
