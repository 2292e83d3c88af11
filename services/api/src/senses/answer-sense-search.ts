import { checkUsableText, PolysemeError, traced, type Filter, type Metrics, type Tracing } from "@polyseme/core";
import type { EncoderRegistry } from "@polyseme/encoder";
import { requireLive, type Collection, type Database } from "@polyseme/store";
import type { Static } from "typebox";
import { encodeWord } from "./encode-word.ts";
import { requireTokenVectors, requireWordVectors } from "../require-token-vectors.ts";
import { searchSense, type SenseHit, type SenseHits } from "./sense-search.ts";
import type { SenseSchema } from "./sense-schemas.ts";
import { placeOfWord } from "./word-place.ts";

export interface SenseSearchDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

export interface SenseSearchRequest {
  readonly sense: Static<typeof SenseSchema>;
  readonly filter: Filter | undefined;
  readonly k: number;
  readonly group: "document" | "chunk";
}

export interface SenseAnswer {
  readonly hits: (Omit<SenseHit, "documentId"> & { readonly id: string })[];
  readonly sense: Pick<SenseHits, "compared" | "truncated">;
  readonly timing: { readonly encodeMs: number; readonly searchMs: number; readonly totalMs: number };
}

/**
 * Finds the word in its text, encodes it and searches for its sense.
 * @param call.started when the request came, by `performance.now()`
 * @throws PolysemeError `conflict` when the collection keeps no token vectors; `invalid`, naming the field, when the text does
 * not hold the word; as the encoder does
 */
export async function answerSenseSearch(
  { database, encoders, metrics, tracing }: SenseSearchDeps,
  collection: Collection,
  { sense, filter, k, group }: SenseSearchRequest,
  { signal, trace, started }: { signal: AbortSignal; trace: string | undefined; started: number },
): Promise<SenseAnswer> {
  requireTokenVectors(collection, "sense");
  const text = checkUsableText(sense.text, "sense.text");
  const place = placeOfWord({ ...sense, text }, collection.language);
  const encodeStarted = performance.now();
  const causes = [trace];
  const vectors = await traced(tracing, "encode query", { causes }, async (span) => {
    const encoder = await encoders.get(collection.generation.model);
    requireWordVectors(collection, encoder.info, "sense");
    return encodeWord(encoder, text, place, { signal, trace: span.traceparent });
  });
  const searchStarted = performance.now();
  const { candidates = "word" } = sense;
  const found = await traced(tracing, "search sense", { causes }, async (span) => {
    const question = { vectors, forms: place.forms, candidates, filter, k, group };
    const all = await searchSense(database, collection, question);
    span.set({ "polyseme.compared": all.compared, "polyseme.bytes": all.bytesRead });
    await requireLive(database, collection);
    return all;
  });
  const ended = performance.now();
  metrics.observeStage("search_encode", searchStarted - encodeStarted);
  metrics.observeStage("search_sense", ended - searchStarted);
  return {
    hits: found.hits.map(({ documentId, ...hit }) => ({ id: documentId, ...hit })),
    sense: { compared: found.compared, truncated: found.truncated },
    timing: {
      encodeMs: rounded(searchStarted - encodeStarted),
      searchMs: rounded(ended - searchStarted),
      totalMs: rounded(ended - started),
    },
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/**
 * What says how a `query` is searched for says nothing of a sense.
 * @throws PolysemeError `invalid`
 */
export function refuseBesideSense(body: Readonly<Record<string, unknown>>): void {
  for (const [field, usual] of [
    ["query", undefined],
    ["vector", undefined],
    ["like", undefined],
    ["mode", "vector"],
    ["rerank", "none"],
    ["explain", false],
    ["minScore", undefined],
    ["page", undefined],
    ["snippets", false],
    ["collections", undefined],
  ] as const)
    if (body[field] !== undefined && body[field] !== usual)
      throw new PolysemeError(
        "invalid",
        `sense cannot be searched for together with ${field}; leave one of them out.`,
        {
          details: { field },
        },
      );
}
