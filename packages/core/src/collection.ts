import { PolysemeError } from "./errors.ts";

/** How a collection's documents are cut into chunks. Changing any of it needs new vectors. */
export interface Chunking {
  /** Most tokens in a chunk, special tokens counted; never above what the model takes. */
  readonly maxTokens: number;
  /** Tokens that a chunk repeats from the one before it. */
  readonly overlapTokens: number;
  /** `sentence` cuts at paragraph and sentence borders where it can; `token` cuts at word borders only. */
  readonly strategy: ChunkingStrategy;
}

export const CHUNKING_STRATEGIES = ["sentence", "token"] as const;
export type ChunkingStrategy = (typeof CHUNKING_STRATEGIES)[number];

/** What is kept of each token besides its part in the chunk's embedding. Changing any of it needs new vectors. */
export interface TokenSettings {
  readonly tokenVectors: (typeof TOKEN_VECTORS)[number];
  /** About so many words of a chunk share one vector. */
  readonly tokenPooling: (typeof TOKEN_POOLINGS)[number];
  /** The chunk's embedding is made from vectors that saw the document around it. */
  readonly lateChunking: boolean;
}

export const TOKEN_VECTORS = ["none", "int8", "half"] as const;
export const TOKEN_POOLINGS = [1, 2, 3] as const;

export const NO_TOKENS: TokenSettings = { tokenVectors: "none", tokenPooling: 1, lateChunking: false };

const NAME = /^[a-z][a-z0-9_-]{0,62}$/;

/** Names whose view would hide one of ours in the schema `polyseme`. */
const RESERVED = new Set(["documents"]);

/**
 * @param field what the error names
 * @throws PolysemeError `invalid` when it is not a name that a collection or an alias may have
 */
export function checkCollectionName(name: string, field: "collection" | "alias" = "collection"): string {
  const fault = collectionNameFault(name);
  if (fault !== undefined) throw new PolysemeError("invalid", fault, { details: { field } });
  return name;
}

export function collectionNameFault(name: string): string | undefined {
  if (!NAME.test(name))
    return "A collection's name or alias starts with a small letter and has at most 63 small letters, digits, _ and -.";
  if (RESERVED.has(name)) return `The name "${name}" is taken by the view polyseme.${name}.`;
  return undefined;
}
