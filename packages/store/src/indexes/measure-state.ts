import type { IndexSettings } from "@polyseme/core";
import type { Collection } from "../collections.ts";
import type { Sql } from "../database.ts";
import type { GraphPolicy } from "./graph-policy.ts";
import type { ReadyGraph, SearchMeasure } from "./search-measure.ts";
import type { IndexFacts } from "./wanted-indexes.ts";

/** Grown or shrunk by more than this, a collection is measured again. */
const CHANGED_SHARE = 0.25;
/** What is deleted and written anew changes a graph without changing its size. */
const OLD_MS = 24 * 3_600_000;

/**
 * Whether searches of a generation are to be measured: not while it is loaded, and where nothing is decided by it.
 * @param nowMs of the epoch
 */
export function needsMeasure(
  { vector }: Pick<IndexSettings, "vector">,
  measure: SearchMeasure | undefined | null,
  facts: Pick<IndexFacts, "chunks" | "pending">,
  state: { readonly graph: ReadyGraph | undefined; readonly policy: GraphPolicy; readonly nowMs: number },
): boolean {
  const { graph, policy, nowMs } = state;
  const { chunks, pending } = facts;
  if (chunks === 0 || pending > chunks * policy.loadShare) return false;
  if (graph?.index !== measure?.graph?.index) return true;
  if (graph === undefined && (vector !== "auto" || chunks < policy.dropBelowChunks)) return false;
  if (measure == null) return true;
  const changed = Math.abs(chunks - measure.chunks) > CHANGED_SHARE * measure.chunks;
  return changed || nowMs - Date.parse(measure.measuredAt) > OLD_MS;
}

/** Keeps what was measured of a generation; searches go by it from then on. */
export async function writeMeasure(
  sql: Sql,
  { id, generation }: Pick<Collection, "id" | "generation">,
  measure: SearchMeasure | null,
): Promise<void> {
  await sql.query(
    "update polyseme_store.generations set search_measure = $3 where collection_id = $1 and number = $2",
    [id, generation.number, measure === null ? null : JSON.stringify(measure)],
  );
}
