import type { CollectionSettings } from "@polyseme/client";
import { expectStatus, type HttpCaller, type PushAnswer } from "../test/support/http.ts";
import type { BenchDocument } from "./texts.ts";

/** One load through the pipeline. */
export interface PipelineRun {
  /** From the first byte pushed until the ticket says that nothing is pending. */
  readonly seconds: number;
  /** From the first byte pushed until the 202. */
  readonly pushSeconds: number;
  readonly tokens: number;
}

export interface PipelineEnds {
  /** Takes documents and tells of tickets. */
  readonly ingest: HttpCaller;
  /** Deletes collections. */
  readonly api: HttpCaller;
}

export interface PipelineOptions {
  /** What the collection is made with; left out: it is made by the push. */
  readonly settings?: CollectionSettings;
  /** Called with the collection's name while its documents are stored, outside the clock. */
  readonly look?: (collection: string) => Promise<void>;
}

const SETTLE_MS = 540_000;

/**
 * Pushes the documents as NDJSON into a new collection and waits until all are stored; then removes the collection.
 * @throws Error when one was not stored
 */
export async function runPipeline(
  { ingest, api }: PipelineEnds,
  documents: readonly BenchDocument[],
  { settings, look }: PipelineOptions = {},
): Promise<PipelineRun> {
  const collection = `bench-${Date.now()}`;
  if (settings !== undefined) expectStatus(await api.call("PUT", `/v1/collections/${collection}`, settings), 201);
  const body = documents.map((document) => `${JSON.stringify(document)}\n`).join("");
  const started = performance.now();
  const answer = await ingest.send(`/v1/collections/${collection}/documents`, "application/x-ndjson", body);
  const { ticket } = expectStatus(answer, 202) as PushAnswer;
  const pushedMs = performance.now() - started;
  const status = await ingest.settled(ticket, SETTLE_MS);
  const seconds = (performance.now() - started) / 1_000;
  if (status.stored !== documents.length)
    throw new Error(`${status.stored} of ${documents.length} documents were stored: ${JSON.stringify(status)}`);
  await look?.(collection);
  expectStatus(await api.call("DELETE", `/v1/collections/${collection}`), 200);
  return { seconds, pushSeconds: pushedMs / 1_000, tokens: status.tokens };
}

/** Counters of an embedder that say what its encoder did. */
export interface EncoderCounters {
  readonly realTokens: number;
  readonly paddedTokens: number;
  /** Of all threads together. */
  readonly encodeSeconds: number;
  readonly claimSeconds: number;
  readonly writeSeconds: number;
  readonly runs: number;
}

export async function readCounters(embedders: readonly HttpCaller[]): Promise<EncoderCounters> {
  const texts = await Promise.all(embedders.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  const read = (series: string): number =>
    texts
      .flatMap((text) => text.split("\n"))
      .filter((line) => line.startsWith(`${series} `))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  const stage = (name: string): number => read(`polyseme_stage_seconds_sum{stage="${name}"}`);
  return {
    realTokens: read('polyseme_encoder_tokens_total{kind="real"}'),
    paddedTokens: read('polyseme_encoder_tokens_total{kind="padded"}'),
    encodeSeconds: stage("encode"),
    claimSeconds: stage("claim"),
    writeSeconds: stage("write"),
    runs: read("polyseme_encoder_runs_total"),
  };
}

export function countersBetween(before: EncoderCounters, after: EncoderCounters): EncoderCounters {
  return {
    realTokens: after.realTokens - before.realTokens,
    paddedTokens: after.paddedTokens - before.paddedTokens,
    encodeSeconds: after.encodeSeconds - before.encodeSeconds,
    claimSeconds: after.claimSeconds - before.claimSeconds,
    writeSeconds: after.writeSeconds - before.writeSeconds,
    runs: after.runs - before.runs,
  };
}
