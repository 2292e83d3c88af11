import type { CollectionSettings } from "@polyseme/client";

/** What the form holds: text as it was typed; "" stands for the default, or for what is so already. */
export interface SettingsDraft {
  readonly model: string;
  readonly maxTokens: string;
  readonly overlapTokens: string;
  readonly strategy: "" | NonNullable<NonNullable<CollectionSettings["chunking"]>["strategy"]>;
  readonly language: string;
  readonly tokenVectors: "" | "none" | "int8" | "half";
  readonly lateChunking: "" | "yes" | "no";
}

export const DEFAULT_SETTINGS: SettingsDraft = {
  model: "",
  maxTokens: "",
  overlapTokens: "",
  strategy: "",
  language: "",
  tokenVectors: "",
  lateChunking: "",
};

/** Only what was filled in. */
export function settingsOf(draft: SettingsDraft): CollectionSettings {
  const { model, maxTokens, overlapTokens, strategy, language, tokenVectors, lateChunking } = draft;
  const chunking = {
    ...(maxTokens === "" ? {} : { maxTokens: Number(maxTokens) }),
    ...(overlapTokens === "" ? {} : { overlapTokens: Number(overlapTokens) }),
    ...(strategy === "" ? {} : { strategy }),
  };
  return {
    ...(model === "" ? {} : { model }),
    ...(Object.keys(chunking).length === 0 ? {} : { chunking }),
    ...(language === "" ? {} : { language }),
    ...(tokenVectors === "" ? {} : { tokenVectors }),
    ...(lateChunking === "" ? {} : { lateChunking: lateChunking === "yes" }),
  };
}
