import { pause } from "@polyseme/core";
import type { Collection } from "../collections.ts";
import type { Database } from "../database.ts";
import { buildIndex } from "./build-index.ts";
import type { GraphPolicy } from "./graph-policy.ts";
import { lookAgain, type IndexedGeneration } from "./index-facts.ts";
import type { IndexSpec } from "./index-spec.ts";
import type { KeepOptions } from "./keep-indexes.ts";
import { buildMemory } from "./vector-index.ts";
import { wantedIndexes, type IndexFacts } from "./wanted-indexes.ts";

const LOOK_AGAIN_MS = 5_000;

/** Builds an index unless its collection asks for it no more meanwhile; answers whether it is ready now. */
export async function buildWhileWanted(
  database: Database,
  place: IndexedGeneration,
  spec: IndexSpec,
  facts: IndexFacts,
  options: KeepOptions,
): Promise<boolean> {
  // Whoever writes would wait for it.
  if (options.embedded === true && facts.pending > 0) return false;
  const { generation, index, name } = place.collection;
  const { rows } = await database.query<{ bytes: number }>(
    "select pg_size_bytes(current_setting('shared_buffers')) as bytes",
  );
  const settings = { precision: index.precision, sharedBuffersBytes: rows[0]?.bytes ?? 0 };
  const memory =
    spec.kind === "vector" ? { memoryBytes: buildMemory(facts.chunks, generation.dimensions, settings) } : {};
  const ended = new AbortController();
  const unwanted = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      await pause(options.lookAgainMs ?? LOOK_AGAIN_MS, ended.signal);
      if (ended.signal.aborted) return;
      const now = await lookAgain(database, place).catch(() => place.collection);
      if (now !== undefined && isWanted(now, spec, facts, options.policy)) continue;
      unwanted.abort(new Error(`The index ${spec.name} is not wanted any more`));
    }
  };
  const watching = watch();
  const startedMs = performance.now();
  const act = { collection: name, index: spec.name };
  try {
    const outcome = await buildIndex(database, spec, AbortSignal.any([options.signal, unwanted.signal]), {
      ...memory,
      concurrently: options.embedded !== true,
    });
    if (outcome === "built") options.onAct({ did: "built", ...act, seconds: secondsSince(startedMs) });
    return outcome !== "busy";
  } catch (error) {
    if (error !== unwanted.signal.reason || options.signal.aborted) throw error;
    options.onAct({ did: "given up", ...act, seconds: secondsSince(startedMs) });
    return false;
  } finally {
    ended.abort();
    await watching;
  }
}

/** A build that has begun counts as there, so that what made it wanted need not hold any more. */
function isWanted(now: Collection, { name }: IndexSpec, facts: IndexFacts, policy: GraphPolicy | undefined): boolean {
  return wantedIndexes(now, { ...facts, hasGraph: true }, policy).some((spec) => spec.name === name);
}

export function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1_000;
}
