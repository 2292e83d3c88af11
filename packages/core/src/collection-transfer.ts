import { CHUNKING_STRATEGIES, TOKEN_POOLINGS, TOKEN_VECTORS, type Chunking, type TokenSettings } from "./collection.ts";
import { isRecord } from "./document.ts";
import { PolysemeError } from "./errors.ts";
import type { SparseSettings } from "./sparse-vector.ts";

/** How the vectors of an export are written: base64 of 32-bit little-endian floats, arrays of numbers, or not at all. */
export const EXPORTED_VECTORS = ["base64", "json", "none"] as const;
export type ExportedVectors = (typeof EXPORTED_VECTORS)[number];

/** What makes the vectors of one collection those of another. */
export interface TransferSettings extends TokenSettings {
  readonly model: string;
  readonly dimensions: number;
  readonly chunking: Chunking;
  readonly language: string | null;
  /** Null or left out: none. */
  readonly sparse?: SparseSettings | null;
}

/** The first line of an export; documents follow, and the line of `EXPORT_END`. */
export interface ExportHeader {
  readonly polyseme: "export";
  readonly version: 1;
  readonly collection: string;
  readonly settings: TransferSettings;
  readonly vectors: ExportedVectors;
  readonly documents: number;
}

/** What the last line has as `polyseme`: without it, the rest is missing. */
export const EXPORT_END = "end";

/**
 * The first line of what is to be imported.
 * @throws PolysemeError `invalid` when it is none, or of a version that is not known here
 */
export function parseExportHeader(value: unknown): ExportHeader {
  const invalid = (message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field: "line" } });
  if (!isRecord(value) || value["polyseme"] !== "export")
    throw invalid('The first line must be the one that an export begins with: {"polyseme":"export", …}.');
  if (value["version"] !== 1) throw invalid("The export is of another version than this program knows (1).");
  const { collection, settings, vectors, documents } = value;
  const known = isRecord(settings) ? settingsOf(settings) : undefined;
  const how = EXPORTED_VECTORS.find((one) => one === vectors);
  if (known === undefined || how === undefined || typeof collection !== "string")
    throw invalid("The first line lacks collection, vectors or settings, or they are not what an export writes.");
  const count = typeof documents === "number" ? documents : 0;
  return { polyseme: "export", version: 1, collection, settings: known, vectors: how, documents: count };
}

/** Settings in which two differ, so that the vectors of one are not those of the other. */
export function transferDifferences(wanted: TransferSettings, there: TransferSettings): string[] {
  const changed: string[] = [];
  for (const key of ["model", "dimensions", "lateChunking"] as const) if (wanted[key] !== there[key]) changed.push(key);
  for (const key of ["maxTokens", "overlapTokens", "strategy"] as const)
    if (wanted.chunking[key] !== there.chunking[key]) changed.push(`chunking.${key}`);
  if (wanted.sparse?.model !== there.sparse?.model) changed.push("sparse");
  return changed;
}

function settingsOf(value: Record<string, unknown>): TransferSettings | undefined {
  const { model, dimensions, chunking, language, lateChunking } = value;
  const tokenVectors = TOKEN_VECTORS.find((one) => one === value["tokenVectors"]);
  const tokenPooling = TOKEN_POOLINGS.find((one) => one === value["tokenPooling"]);
  if (typeof model !== "string" || !isCount(dimensions) || typeof lateChunking !== "boolean") return undefined;
  if (tokenVectors === undefined || tokenPooling === undefined || !isRecord(chunking)) return undefined;
  if (language !== null && typeof language !== "string") return undefined;
  const { maxTokens, overlapTokens } = chunking;
  const sparse = sparseOf(value["sparse"]);
  if (sparse === undefined) return undefined;
  const strategy = CHUNKING_STRATEGIES.find((one) => one === chunking["strategy"]);
  if (!isCount(maxTokens) || !isCount(overlapTokens) || strategy === undefined) return undefined;
  return {
    model,
    dimensions,
    chunking: { maxTokens, overlapTokens, strategy },
    language,
    lateChunking,
    tokenVectors,
    tokenPooling,
    ...(sparse === null ? {} : { sparse }),
  };
}

/** Undefined: it is no such setting. */
function sparseOf(value: unknown): SparseSettings | null | undefined {
  if (value === undefined || value === null) return null;
  if (!isRecord(value) || typeof value["model"] !== "string" || !isCount(value["dimensions"])) return undefined;
  return { model: value["model"], dimensions: value["dimensions"] };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
