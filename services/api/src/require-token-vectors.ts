import { PolysemeError } from "@polyseme/core";
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
