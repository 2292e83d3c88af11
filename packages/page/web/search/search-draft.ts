import type { SearchRequest } from "@polyseme/client";
import { filterOf, NO_FILTER, treeOf, type Group } from "./filter/filter-tree.ts";

export const MODES = ["vector", "hybrid", "lexical"] as const;
export type Mode = (typeof MODES)[number];

/** What the form holds. */
export interface SearchDraft {
  readonly collection: string;
  readonly query: string;
  readonly mode: Mode;
  /** As it is typed; "": none. */
  readonly minScore: string;
  readonly group: "document" | "chunk";
  readonly filter: Group;
}

export type SearchValues = Readonly<Record<"collection" | "query" | "mode" | "min" | "group" | "filter", string>>;

/** Of an address; what cannot be read is left out. */
export function draftOf(values: Readonly<Record<string, string>>): SearchDraft {
  const { collection = "", query = "", min = "" } = values;
  return {
    collection,
    query,
    mode: MODES.find((mode) => mode === values["mode"]) ?? "vector",
    minScore: min !== "" && Number.isFinite(Number(min)) ? min : "",
    group: values["group"] === "chunk" ? "chunk" : "document",
    filter: readFilter(values["filter"]),
  };
}

/** For an address: what is as usual is left empty. */
export function valuesOf({ collection, query, mode, minScore, group, filter }: SearchDraft): SearchValues {
  const wanted = filterOf(filter);
  return {
    collection,
    query,
    mode: mode === "vector" ? "" : mode,
    min: minScore,
    group: group === "document" ? "" : group,
    filter: wanted === undefined ? "" : JSON.stringify(wanted),
  };
}

/** What the server is asked. A score of mode hybrid says where a hit stands, so nothing is cut by it. */
export function requestOf({ query, mode, minScore, group, filter }: SearchDraft): SearchRequest {
  const wanted = filterOf(filter);
  return {
    query,
    ...(mode === "vector" ? {} : { mode }),
    ...(minScore === "" || mode === "hybrid" ? {} : { minScore: Number(minScore) }),
    ...(group === "document" ? {} : { group }),
    ...(wanted === undefined ? {} : { filter: wanted }),
  };
}

export function hasOptions({ mode, minScore, group, filter }: SearchDraft): boolean {
  return mode !== "vector" || minScore !== "" || group !== "document" || filter.parts.length > 0;
}

function readFilter(text: string | undefined): Group {
  if (text === undefined) return NO_FILTER;
  try {
    return treeOf(JSON.parse(text));
  } catch {
    return NO_FILTER;
  }
}
