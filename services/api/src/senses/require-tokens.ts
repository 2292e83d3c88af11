import { PolysemeError } from "@polyseme/core";
import type { Collection } from "@polyseme/store";

/** @throws PolysemeError `conflict` when the collection keeps no token vectors, with what to do about it */
export function requireTokenVectors({ name, generation }: Collection, field: string): void {
  if (generation.tokens.tokenVectors !== "none") return;
  throw new PolysemeError(
    "conflict",
    `The collection "${name}" keeps no token vectors, in which senses are found. ` +
      `Start POST /v1/collections/${name}/migrate with {"tokenVectors": "int8"}.`,
    { details: { field } },
  );
}
