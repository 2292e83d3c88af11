import { z } from "zod";

const NAME_CHARACTERS = 63;
const ID_CHARACTERS = 512;

export function collectionInput(fallback: string) {
  return z
    .string()
    .max(NAME_CHARACTERS)
    .default(fallback)
    .describe(`The collection; ${fallback} when left out (list_collections names them)`);
}

export const documentId = z.string().min(1).max(ID_CHARACTERS);

export const READS = { readOnlyHint: true, openWorldHint: false } as const;
