import { PolysemeError, type SparseSettings, type TokenSettings } from "@polyseme/core";
import type { ModelShape } from "@polyseme/encoder";
import type { Collection, NewGeneration } from "@polyseme/store";
import { chunkingOf, tokenSettingsOf, type WantedChunking } from "./collection-settings.ts";

export interface WantedGeneration extends Partial<TokenSettings> {
  readonly chunking?: WantedChunking;
  readonly language?: string;
}

/**
 * The complete settings of a new generation: what is not named stays as it is, and chunks are cut to what the model takes.
 * @param sparse the sparse model that it shall have
 * @throws PolysemeError `invalid` when they do not fit each other or the model; `conflict` when nothing would change
 */
export function newGeneration(
  { name, generation }: Collection,
  wanted: WantedGeneration,
  model: ModelShape,
  sparse: SparseSettings | null = null,
): NewGeneration {
  const kept = { ...generation.chunking, maxTokens: Math.min(generation.chunking.maxTokens, model.maxTokens) };
  const halved = Math.floor((wanted.chunking?.maxTokens ?? kept.maxTokens) / 2);
  const chunking = chunkingOf(
    { ...kept, overlapTokens: Math.min(kept.overlapTokens, halved), ...wanted.chunking },
    model,
  );
  const tokenVectors = wanted.tokenVectors ?? generation.tokens.tokenVectors;
  const tokens = tokenSettingsOf(
    {
      tokenVectors,
      tokenPooling: wanted.tokenPooling ?? (tokenVectors === "none" ? 1 : generation.tokens.tokenPooling),
      lateChunking: wanted.lateChunking ?? generation.tokens.lateChunking,
    },
    model,
  );
  const language = wanted.language ?? generation.language;
  const { name: modelName, dimensions } = model;
  const settings: NewGeneration = {
    ...{ model: modelName, dimensions, chunking, tokens, language },
    ...(sparse === null ? {} : { sparse }),
  };
  if (isSame(settings, generation))
    throw new PolysemeError(
      "conflict",
      `"${name}" has these settings already. Name at least one that shall be another: model, chunking, tokenVectors, tokenPooling, lateChunking, sparse, language (where token vectors are kept; else PUT sets it).`,
      { details: { field: "body" } },
    );
  return settings;
}

/** The language counts where forms of words are kept. */
function isSame(wanted: NewGeneration, { model, chunking, tokens, language, sparse }: NewGeneration): boolean {
  return (
    wanted.model === model &&
    wanted.sparse?.model === sparse?.model &&
    (wanted.language === language || wanted.tokens.tokenVectors === "none") &&
    (["maxTokens", "overlapTokens", "strategy"] as const).every((key) => wanted.chunking[key] === chunking[key]) &&
    (["tokenVectors", "tokenPooling", "lateChunking"] as const).every((key) => wanted.tokens[key] === tokens[key])
  );
}
