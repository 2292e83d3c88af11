import type { SparseVector } from "@polyseme/core";
import type { EncodeOptions, Encoder } from "./types.ts";

/**
 * The sparse vector of each text, in their order; fails as a whole when one of them fails. What is longer than the model
 * takes is cut for it.
 * @throws PolysemeError as `tokenizeIds` and `encode` do
 */
export async function sparseTexts(
  encoder: Pick<Encoder, "tokenizeIds" | "encode">,
  texts: readonly string[],
  options: Omit<EncodeOptions, "wants">,
): Promise<SparseVector[]> {
  const tokenised = await encoder.tokenizeIds(texts);
  return Promise.all(
    tokenised.map(async ({ ids }) => {
      const { sparse } = await encoder.encode(ids, { ...options, wants: { sparse: true } });
      if (sparse === undefined) throw new Error("The encoder gave no sparse vector");
      return sparse;
    }),
  );
}
