import type { SparseSettings } from "@polyseme/core";
import type { ModelCatalog } from "@polyseme/encoder";
import type { Generation } from "@polyseme/store";
import { Type } from "typebox";

/** As a request names it. */
export interface WantedSparse {
  readonly model: string;
}

export const SparseBody = Type.Union(
  [Type.Object({ model: Type.String({ minLength: 1, maxLength: 512 }) }, { additionalProperties: false }), Type.Null()],
  { description: "A SPLADE model beside the other: chunks get its weights, for searches of mode sparse. null: none" },
);

export const SparseAnswer = Type.Union([
  Type.Object({ model: Type.String(), dimensions: Type.Integer() }),
  Type.Null(),
]);

/**
 * The sparse model that a request wants; what it leaves out stays as it is.
 * @throws PolysemeError `invalid` when there is no such model or it is no sparse one, `model_unavailable` when its files are
 * broken
 */
export async function sparseSettingsOf(
  catalog: Pick<ModelCatalog, "describeSparse">,
  wanted: WantedSparse | null | undefined,
  { sparse = null }: Pick<Generation, "sparse"> = {},
): Promise<SparseSettings | null> {
  if (wanted === undefined) return sparse;
  return wanted === null ? null : catalog.describeSparse(wanted.model);
}

/** Whether a request wants another sparse model than the generation has. */
export function changesSparse(
  { sparse }: Pick<Generation, "sparse">,
  wanted: WantedSparse | null | undefined,
): boolean {
  return wanted !== undefined && (wanted?.model ?? null) !== (sparse?.model ?? null);
}
