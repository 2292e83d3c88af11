import { PolysemeError, type SparseVector } from "@polyseme/core";
import { sparseTexts, type EncoderRegistry } from "@polyseme/encoder";
import { requireSparse, type Collection } from "@polyseme/store";

/**
 * The weights of a query by the collection's sparse model, with what it wants before a query.
 * @throws PolysemeError `conflict` when the collection has none; as the encoder does
 */
export async function encodeSparseQuery(
  encoders: EncoderRegistry,
  collection: Collection,
  query: string,
  { signal, trace }: { signal: AbortSignal; trace: string | undefined },
): Promise<SparseVector> {
  const encoder = await encoders.get(requireSparse(collection).model);
  const [sparse] = await sparseTexts(encoder, [encoder.info.prompts.query + query], {
    lane: "interactive",
    signal,
    trace,
  });
  if (sparse === undefined) throw new Error("A text without a sparse vector");
  return sparse;
}

/** @throws PolysemeError `conflict` when one has no sparse model, `invalid` when they have not all the same */
export function requireOneSparse(
  collections: readonly { readonly name: string; readonly collection: Collection }[],
): void {
  const models = collections.map(({ name, collection }) => ({ name, model: requireSparse(collection).model }));
  const [first] = models;
  const odd = models.find(({ model }) => model !== first?.model);
  if (first === undefined || odd === undefined) return;
  throw new PolysemeError(
    "invalid",
    `"${odd.name}" has the sparse model ${odd.model} and "${first.name}" ${first.model}: their weights cannot be compared. Search them one by one.`,
    { details: { field: "collections", collection: odd.name } },
  );
}
