import { PolysemeError, type Chunking, type ChunkingStrategy, type TokenSettings } from "@polyseme/core";
import type { ModelShape } from "@polyseme/encoder";
import type { Collection } from "@polyseme/store";
import { changesSparse, type WantedSparse } from "./sparse-settings.ts";

export interface WantedChunking {
  readonly maxTokens?: number;
  readonly overlapTokens?: number;
  readonly strategy?: ChunkingStrategy;
}

/**
 * Complete chunking settings for a model.
 * @throws PolysemeError `invalid` when a chunk would not fit the model, or would repeat half of the one before it
 */
export function chunkingOf(wanted: WantedChunking, model: ModelShape): Chunking {
  const maxTokens = wanted.maxTokens ?? model.maxTokens;
  const overlapTokens = wanted.overlapTokens ?? 0;
  if (maxTokens > model.maxTokens)
    throw new PolysemeError(
      "invalid",
      `The model ${model.name} takes at most ${model.maxTokens} tokens, special ones counted.`,
      {
        details: { field: "chunking.maxTokens" },
      },
    );
  if (overlapTokens * 2 > maxTokens)
    throw new PolysemeError("invalid", "overlapTokens must be at most half of maxTokens.", {
      details: { field: "chunking.overlapTokens" },
    });
  return { maxTokens, overlapTokens, strategy: wanted.strategy ?? "sentence" };
}

/**
 * Complete settings for a model of what is kept of its tokens.
 * @throws PolysemeError `invalid` when they do not fit each other, or the model
 */
export function tokenSettingsOf(wanted: Partial<TokenSettings>, model: ModelShape): TokenSettings {
  const { tokenVectors = "none", tokenPooling = 1, lateChunking = false } = wanted;
  const invalid = (field: string, message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field } });
  if (tokenVectors === "none" && tokenPooling > 1)
    throw invalid("tokenPooling", 'tokenPooling shares token vectors, and tokenVectors is "none". Set it to "int8".');
  // Places of tokens would have to be counted without what the model wants before a text; not built.
  if ((tokenVectors !== "none" || lateChunking) && hasPrompts(model))
    throw invalid(
      lateChunking ? "lateChunking" : "tokenVectors",
      `${model.name} wants words of its own before each text, which vectors of tokens cannot be kept with. Leave it out.`,
    );
  if ((tokenVectors !== "none" || lateChunking) && model.isProjected === true)
    throw invalid(
      lateChunking ? "lateChunking" : "tokenVectors",
      `${model.name} makes its embedding of pooled vectors by layers or by cutting, so vectors of tokens cannot be compared with it. Leave it out.`,
    );
  if (lateChunking && model.isLateInteraction === true)
    throw invalid(
      "lateChunking",
      `${model.name} compares what stands around each chunk too, which late chunks leave out. Leave lateChunking out.`,
    );
  if (lateChunking && model.pooling !== "mean")
    throw invalid(
      "lateChunking",
      `Late chunks are means of token vectors, and ${model.name} was not trained for means (its pooling: ${model.pooling}).`,
    );
  return { tokenVectors, tokenPooling, lateChunking };
}

function hasPrompts({ prompts }: ModelShape): boolean {
  return prompts !== undefined && prompts.query + prompts.document !== "";
}

/**
 * Settings named in a request that differ from the collection's and that what is stored depends on. The language is one where
 * token vectors are kept: the forms of their words are stored beside them, and a word looked for in the forms of another
 * language would miss them.
 */
export function differences(
  { generation, language }: Collection,
  wanted: {
    readonly model?: string;
    readonly dimensions?: number;
    readonly chunking?: WantedChunking;
    readonly language?: string;
    readonly sparse?: WantedSparse | null;
  } & Partial<TokenSettings>,
): string[] {
  const changed: string[] = [];
  if (wanted.model !== undefined && wanted.model !== generation.model) changed.push("model");
  if (wanted.dimensions !== undefined && wanted.dimensions !== generation.dimensions) changed.push("dimensions");
  const { chunking = {} } = wanted;
  for (const key of ["maxTokens", "overlapTokens", "strategy"] as const)
    if (chunking[key] !== undefined && chunking[key] !== generation.chunking[key]) changed.push(`chunking.${key}`);
  for (const key of ["tokenVectors", "tokenPooling", "lateChunking"] as const)
    if (wanted[key] !== undefined && wanted[key] !== generation.tokens[key]) changed.push(key);
  if (changesSparse(generation, wanted.sparse)) changed.push("sparse");
  const hasForms = generation.tokens.tokenVectors !== "none";
  if (hasForms && wanted.language !== undefined && wanted.language !== language) changed.push("language");
  return changed;
}
