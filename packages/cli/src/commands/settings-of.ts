import type { CollectionSettings } from "@polyseme/client";

/** Settings of a collection's vectors as the command line takes them. */
export interface SettingsOptions {
  readonly model?: string;
  readonly dimensions?: number;
  readonly language?: string;
  readonly maxTokens?: number;
  readonly overlapTokens?: number;
  readonly strategy?: "sentence" | "token";
  readonly tokenVectors?: "none" | "int8" | "half";
  readonly tokenPooling?: 1 | 2 | 3;
  /** A sparse model's name, or `none`. */
  readonly sparse?: string;
}

export const MAX_CHUNK_TOKENS = 32_768;

/** Those that were given, as the API takes them; what was left out stays out. */
export function settingsOf(
  {
    model,
    dimensions,
    language,
    maxTokens,
    overlapTokens,
    strategy,
    tokenVectors,
    tokenPooling,
    sparse,
  }: SettingsOptions,
  lateChunking: boolean | undefined,
): CollectionSettings {
  const chunking = {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(overlapTokens === undefined ? {} : { overlapTokens }),
    ...(strategy === undefined ? {} : { strategy }),
  };
  return {
    ...(model === undefined ? {} : { model }),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(language === undefined ? {} : { language }),
    ...(Object.keys(chunking).length === 0 ? {} : { chunking }),
    ...(tokenVectors === undefined ? {} : { tokenVectors }),
    ...(tokenPooling === undefined ? {} : { tokenPooling }),
    ...(sparse === undefined ? {} : { sparse: sparse === "none" ? null : { model: sparse } }),
    ...(lateChunking === undefined ? {} : { lateChunking }),
  };
}
