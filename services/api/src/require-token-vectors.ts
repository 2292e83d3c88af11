import { PolysemeError } from "@polyseme/core";
import type { ModelInfo } from "@polyseme/encoder";
import type { Collection } from "@polyseme/store";

/**
 * @param field what of the request needs them
 * @throws PolysemeError `conflict` when the collection keeps no token vectors, with what to do about it
 */
export function requireTokenVectors({ name, generation }: Collection, field: string): void {
  if (generation.tokens.tokenVectors !== "none") return;
  const migrate = `/v1/collections/${name}/migrate`;
  throw new PolysemeError(
    "conflict",
    `The collection "${name}" keeps no token vectors. POST ${migrate} {"tokenVectors": "int8"} makes them beside what is there.`,
    { details: { field, migrate } },
  );
}

/**
 * @param field what of the request needs them
 * @throws PolysemeError `invalid` where what is kept are vectors of tokens, which may be parts of words
 */
export function requireWordVectors(
  { name }: Collection,
  { lateInteraction }: Pick<ModelInfo, "lateInteraction">,
  field: string,
): void {
  if (lateInteraction === undefined) return;
  throw new PolysemeError(
    "invalid",
    `The model of "${name}" compares texts token by token, so its words have no vectors of their own, which senses are of.`,
    { details: { field } },
  );
}
