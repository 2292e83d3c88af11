import { BadModelFile } from "./bad-model-file.ts";
import { isRecord } from "./json-values.ts";
import type { ModelInfo } from "./types.ts";

/** A pooling of sentence-transformers, and whether its divisor is the root of the number of tokens. */
export interface PoolingMode {
  readonly pooling: ModelInfo["pooling"];
  /** Lost in normalising, but not where a layer comes in between. */
  readonly byRoot: boolean;
}

const FLAGS: Readonly<Record<string, string>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_max_tokens: "max",
  pooling_mode_lasttoken: "lasttoken",
};
const MODES: Readonly<Record<string, ModelInfo["pooling"]>> = {
  cls: "cls",
  mean: "mean",
  mean_sqrt_len_tokens: "mean",
  max: "max",
  lasttoken: "last",
};

/**
 * What a pooling's config.json asks for, in its old form (a flag a mode) or in its new one (names).
 * @param at its path in the model's folder
 * @returns undefined when it says nothing
 * @throws BadModelFile for modes that are unknown, or several whose vectors would be put side by side
 */
export function parsePooling(file: unknown, at: string): PoolingMode | undefined {
  if (!isRecord(file)) return undefined;
  const flags = Object.keys(file).filter((key) => key.startsWith("pooling_mode_") && file[key] === true);
  const named = file["pooling_mode"];
  const asked = named === undefined ? flags.map((flag) => FLAGS[flag] ?? flag) : [named].flat().map(String);
  const [mode] = asked;
  if (mode === undefined) return undefined;
  const pooling = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (asked.length > 1 || pooling === undefined)
    throw new BadModelFile(
      at,
      `asks for the pooling ${asked.join(" and ")}; one of mean, cls, max, last token can be done`,
    );
  return { pooling, byRoot: mode === "mean_sqrt_len_tokens" };
}

/** Whether the tokens of a prompt take part in the pooling, as they do unless the file says no. */
export function poolsPrompt(file: unknown): boolean {
  return !isRecord(file) || file["include_prompt"] !== false;
}
