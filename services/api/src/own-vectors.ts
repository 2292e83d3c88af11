import { NO_MODEL, NO_TOKENS, PolysemeError, type Chunking } from "@polyseme/core";
import type { Collection, NewGeneration } from "@polyseme/store";

/** pgvector's own bound; its indexes take fewer. */
export const MOST_DIMENSIONS = 16_000;

/** Nothing is cut: chunks come with their documents. */
const NOT_CHUNKED: Chunking = { maxTokens: 0, overlapTokens: 0, strategy: "sentence" };

interface WantedSettings {
  readonly model?: string;
  readonly dimensions?: number;
  readonly chunking?: unknown;
  readonly lateChunking?: boolean;
  readonly tokenVectors?: string;
  readonly tokenPooling?: number;
  readonly sparse?: unknown;
}

/**
 * Settings of a collection whose vectors come with its documents; undefined: another kind is wanted.
 * @throws PolysemeError `invalid` when `dimensions` is missing, or settings are named that only a model has
 */
export function ownVectorSettings(wanted: WantedSettings): Omit<NewGeneration, "language"> | undefined {
  const invalid = (field: string, message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field } });
  const { model, dimensions } = wanted;
  if (model !== NO_MODEL) {
    if (dimensions !== undefined && model !== undefined)
      throw invalid("dimensions", `A model has its own; dimensions goes with model "${NO_MODEL}" only.`);
    return undefined;
  }
  if (dimensions === undefined)
    throw invalid("dimensions", `With model "${NO_MODEL}", dimensions says how many numbers each vector has.`);
  for (const field of ["chunking", "lateChunking", "tokenVectors", "tokenPooling", "sparse"] as const)
    if (wanted[field] !== undefined)
      throw invalid(
        field,
        `${field} is for collections with a model; with "${NO_MODEL}" chunks come with the documents.`,
      );
  return { model: NO_MODEL, dimensions, chunking: NOT_CHUNKED, tokens: NO_TOKENS };
}

/** @throws PolysemeError `invalid` for a collection that has no model to encode a query with */
export function requireModel({ name, generation }: Collection, field: string): void {
  if (generation.model !== NO_MODEL) return;
  throw new PolysemeError(
    "invalid",
    `"${name}" has no model that could encode a ${field}: its vectors come with its documents. Give vector (${generation.dimensions} numbers) or like.`,
    { details: { field } },
  );
}
