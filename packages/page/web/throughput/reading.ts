import type { Collection } from "@polyseme/client";
import { readMetrics, valueOf } from "./read-metrics.ts";

/** What the server said at one moment; undefined: it did not say. */
export interface Reading {
  readonly atMs: number;
  readonly waiting: number;
  readonly inWork: number;
  readonly stored: number;
  readonly failed: number;
  /** Tokens that the encoder has run since the process began. */
  readonly tokens: number | undefined;
  readonly backlogSeconds: number | undefined;
  readonly workers: number | undefined;
}

/** From `/metrics`; undefined when the process that answered knows nothing of the documents. */
export function readingOfMetrics(text: string, atMs: number): Reading | undefined {
  const samples = readMetrics(text);
  const documents = (state: string): number | undefined => valueOf(samples, "polyseme_documents", { state });
  const stored = documents("stored");
  if (stored === undefined) return undefined;
  return {
    atMs,
    waiting: documents("queued") ?? 0,
    inWork: documents("embedding") ?? 0,
    stored,
    failed: documents("failed") ?? 0,
    // A counter is absent until it first counts.
    tokens: valueOf(samples, "polyseme_encoder_tokens_total", { kind: "real" }) ?? 0,
    backlogSeconds: valueOf(samples, "polyseme_backlog_seconds"),
    workers: valueOf(samples, "polyseme_workers"),
  };
}

/** The same as far as the collections that the key may see tell it. */
export function readingOfCollections(collections: readonly Collection[], atMs: number): Reading {
  const sum = (of: (collection: Collection) => number): number =>
    collections.reduce((total, collection) => total + of(collection), 0);
  const known = collections.flatMap(({ backlogSeconds }) => backlogSeconds ?? []);
  return {
    atMs,
    waiting: sum(({ documents }) => documents.queued),
    inWork: sum(({ documents }) => documents.embedding),
    stored: sum(({ documents }) => documents.stored),
    failed: sum(({ documents }) => documents.failed),
    tokens: undefined,
    backlogSeconds: known.length === 0 ? undefined : Math.max(...known),
    workers: undefined,
  };
}

/** A moment of a chart: what was read, and rates since the reading before. */
export interface Point {
  readonly atMs: number;
  readonly waiting: number;
  readonly inWork: number;
  readonly storedPerSecond: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly backlogSeconds: number | undefined;
  readonly workers: number | undefined;
}

export function pointOf(before: Reading | undefined, now: Reading): Point {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1_000;
  // What was deleted, or counted by a process that has begun anew, is no rate.
  const rate = (was: number | undefined, is: number | undefined): number | undefined =>
    was === undefined || is === undefined || seconds <= 0 ? undefined : Math.max(0, (is - was) / seconds);
  const { atMs, waiting, inWork, backlogSeconds, workers } = now;
  return {
    atMs,
    waiting,
    inWork,
    storedPerSecond: rate(before?.stored, now.stored),
    tokensPerSecond: rate(before?.tokens, now.tokens),
    backlogSeconds,
    workers,
  };
}

/** Ten minutes, at a reading every two seconds. */
export const KEPT_POINTS = 300;

export function withPoint(points: readonly Point[], point: Point): readonly Point[] {
  return [...points, point].slice(-KEPT_POINTS);
}
