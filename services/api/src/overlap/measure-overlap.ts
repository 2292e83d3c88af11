import { messageOf, PolysemeError, type Log } from "@polyseme/core";
import { embedQueries, type EncoderRegistry } from "@polyseme/encoder";
import {
  claimOverlap,
  getMigration,
  nearestDocuments,
  sampleDocuments,
  saveOverlap,
  type Database,
  type Generation,
  type Migration,
  type Overlap,
} from "@polyseme/store";
import { queryText } from "../query-text.ts";
import { overlapOf, queryOf } from "./overlap-figures.ts";

export interface OverlapDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly log: Log;
}

/** Documents of each answer that are compared. */
const AT = 10;
const QUERIES = 100;
/** Exact searches of a very large collection are slow; it says how many were asked. */
const WITHIN_MS = 30_000;
/** Least of all that is pushed and followed. */
const FLOW = { key: "overlap", weight: 0.1 } as const;

/**
 * Asks both generations of a migration the same questions and writes down how far the answers are the same.
 *
 * The questions are titles and first sentences of stored documents, each without its own document in the answers, which would
 * be the first in both. What people searched would be nearer to life, but would have to be kept, is not there before the first
 * search or after a restart, and is another sample in each process.
 * @param options.again also when it was measured before
 */
export async function measureOverlap(
  deps: OverlapDeps,
  migration: Migration,
  options: { readonly again: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { database, log } = deps;
  if (!(await claimOverlap(database, migration, options))) return;
  const result = await compare(deps, migration, options.signal).catch((error: unknown) => {
    // A generation that is gone is another migration's matter, Postgres or a stop another time's.
    if (options.signal.aborted || (error instanceof PolysemeError && error.code === "unavailable")) throw error;
    log.warn({ collection: migration.collection.name, reason: messageOf(error) }, "migration: overlap not measured");
    return { reason: `It could not be measured: ${messageOf(error)}` };
  });
  await saveOverlap(database, migration, result);
}

/** The migration after a new measurement. @throws PolysemeError `conflict` while documents are pending */
export async function measureAgain(deps: OverlapDeps, migration: Migration, signal: AbortSignal): Promise<Migration> {
  await measureOverlap(deps, migration, { again: true, signal });
  return getMigration(deps.database, migration.collection.name);
}

async function compare(
  { database, encoders }: OverlapDeps,
  migration: Migration,
  signal: AbortSignal,
): Promise<Overlap | { readonly reason: string }> {
  const { collection, follower } = migration;
  const sample = await sampleDocuments(database, migration, QUERIES);
  if (sample.length === 0) return { reason: "There is no document to ask with." };
  const texts = sample.map(queryOf);
  const encode = async (generation: Generation): Promise<Float32Array[]> => {
    const encoder = await encoders.get(generation.model);
    const queries = texts.map((text) => queryText(encoder.info, generation, text));
    return embedQueries(encoder, queries, { lane: "bulk", flow: FLOW, signal });
  };
  const live = await encode(collection.generation);
  const following = await encode(follower);
  const untilMs = performance.now() + WITHIN_MS;
  const shares: number[] = [];
  // One after the other, so that people's searches hardly notice.
  for (const [i, { id: without }] of sample.entries()) {
    signal.throwIfAborted();
    if (shares.length > 0 && performance.now() > untilMs) break;
    const nearest = (number: number, vector: Float32Array | undefined): Promise<string[]> =>
      nearestDocuments(database, { collectionId: collection.id, number }, vector ?? new Float32Array(), {
        count: AT,
        without,
      });
    shares.push(
      overlapOf(await nearest(collection.generation.number, live[i]), await nearest(follower.number, following[i])),
    );
  }
  return {
    at: AT,
    queries: shares.length,
    mean: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    least: Math.min(...shares),
    measuredAt: new Date().toISOString(),
  };
}
