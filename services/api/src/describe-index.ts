import { chooseDepth, listIndexes, type Collection, type SearchMeasure, type Sql } from "@polyseme/store";
import type { Static } from "typebox";
import type { IndexAnswer } from "./index-schemas.ts";

/** A collection's index settings, what is there of them, and what was measured. */
export async function describeIndex(sql: Sql, collection: Collection): Promise<Static<typeof IndexAnswer>> {
  const { index, generation } = collection;
  const { metadata, ...settings } = index;
  const { measure } = generation;
  return {
    ...settings,
    metadata: typeof metadata === "boolean" ? metadata : [...metadata],
    built: await listIndexes(sql, collection),
    ...(measure == null ? {} : { measured: describeMeasure(measure, index.recall) }),
  };
}

/** Of searches for ten, the usual ones. */
const COUNT = 10;

function describeMeasure(
  { measuredAt, chunks, exactMs, graph }: SearchMeasure,
  wanted: number,
): NonNullable<Static<typeof IndexAnswer>["measured"]> {
  const measured = { at: measuredAt, chunks, exactMs };
  if (graph === undefined) return measured;
  const { efSearch, recall, ms, reaches } = chooseDepth(graph, wanted, COUNT);
  return { ...measured, graph: { efSearch, recall, ms, reaches } };
}
