import type { SearchRequest } from "@polyseme/client";

export const MODES = ["vector", "hybrid", "lexical", "sparse"] as const;
export const RERANKS = ["none", "maxsim", "cross"] as const;
export const GROUPS = ["document", "chunk"] as const;

/** One way to search that is measured; a row of the table. */
export interface Setting {
  readonly collection: string;
  /** Undefined: the server's own choice. */
  readonly mode?: (typeof MODES)[number];
  readonly rerank?: (typeof RERANKS)[number];
}

export interface SettingChoices {
  readonly collections: readonly string[];
  readonly modes: readonly (typeof MODES)[number][];
  readonly reranks: readonly (typeof RERANKS)[number][];
}

/** Every combination of what was chosen, in the order of the choices. */
export function combineSettings({ collections, modes, reranks }: SettingChoices): Setting[] {
  const orNone = <T>(choices: readonly T[]): readonly (T | undefined)[] =>
    choices.length === 0 ? [undefined] : choices;
  return collections.flatMap((collection) =>
    orNone(modes).flatMap((mode) =>
      orNone(reranks).map((rerank) => ({
        collection,
        ...(mode === undefined ? {} : { mode }),
        ...(rerank === undefined ? {} : { rerank }),
      })),
    ),
  );
}

/** `notes vector maxsim` */
export function nameOfSetting({ collection, mode, rerank }: Setting): string {
  return [collection, mode, rerank].filter((part) => part !== undefined).join(" ");
}

/** The fields of a search that a setting decides. */
export function requestOf({ mode, rerank }: Setting): Pick<SearchRequest, "mode" | "rerank"> {
  return { ...(mode === undefined ? {} : { mode }), ...(rerank === undefined ? {} : { rerank }) };
}
