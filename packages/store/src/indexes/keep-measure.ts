import type { Database } from "../database.ts";
import { secondsSince } from "./build-while-wanted.ts";
import { GRAPH_POLICY, type GraphPolicy } from "./graph-policy.ts";
import { lookAgain, type IndexedGeneration } from "./index-facts.ts";
import type { KeepOptions } from "./keep-indexes.ts";
import type { BuiltIndex } from "./list-indexes.ts";
import { measureSearch } from "./measure-search.ts";
import { needsMeasure, writeMeasure } from "./measure-state.ts";
import type { SearchMeasure } from "./search-measure.ts";
import { readyGraph } from "./vector-index.ts";
import type { IndexFacts } from "./wanted-indexes.ts";

/** Answers the time of an exact search in ms, where it was measured. */
export async function measureWhenDue(
  database: Database,
  place: IndexedGeneration,
  { facts, built }: { readonly facts: IndexFacts; readonly built: readonly BuiltIndex[] },
  { signal, onAct, embedded, sample, policy = GRAPH_POLICY }: KeepOptions,
): Promise<number | undefined> {
  // Of small collections nothing is asked but their size.
  if (embedded === true || (place.collection.generation.measure == null && !isMeasurable(place, facts, policy)))
    return undefined;
  const collection = await lookAgain(database, place);
  if (collection === undefined) return undefined;
  const graph = readyGraph(collection, built);
  const isGone = (index: string): boolean => !built.some(({ name, state }) => name === index && state === "ready");
  const known = await forgetGraph(database, place, isGone);
  const state = { graph, policy, nowMs: Date.now() };
  if (!needsMeasure(collection.index, known, facts, state)) return undefined;
  const startedMs = performance.now();
  const measure = await measureSearch(database, collection, graph, {
    signal,
    ...(sample === undefined ? {} : { sample }),
  });
  await writeMeasure(database, collection, { ...measure, chunks: facts.chunks });
  onAct({ did: "measured", collection: collection.name, seconds: secondsSince(startedMs) });
  return measure.exactMs;
}

function isMeasurable({ collection }: IndexedGeneration, facts: IndexFacts, policy: GraphPolicy): boolean {
  return facts.hasGraph || (collection.index.vector === "auto" && facts.chunks >= policy.dropBelowChunks);
}

/** What was measured, without a graph that is gone or about to go: searches follow it no more. */
export async function forgetGraph(
  database: Database,
  place: IndexedGeneration,
  isGone: (index: string) => boolean,
): Promise<SearchMeasure | undefined> {
  const collection = await lookAgain(database, place);
  const measure = collection?.generation.measure ?? undefined;
  if (collection === undefined || measure?.graph === undefined || !isGone(measure.graph.index)) return measure;
  const { graph: _, ...rest } = measure;
  await writeMeasure(database, collection, rest);
  return rest;
}
