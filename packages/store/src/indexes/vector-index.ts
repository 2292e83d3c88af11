import { INDEX_PRECISIONS, type IndexSettings } from "@polyseme/core";
import { chunkTable, type Collection } from "../collections.ts";
import { indexName, type IndexSpec } from "./index-spec.ts";
import type { BuiltIndex } from "./list-indexes.ts";
import type { ReadyGraph } from "./search-measure.ts";

/** Edges of a chunk in the graph, pgvector's own number: more make it larger and each search slower. */
const EDGES = 16;
/**
 * Chunks that are looked at to find a new one's edges. Among 200,000 sentence vectors pgvector's own 64 finds 0.91 of the
 * exact answer at ef_search 200, 200 finds 0.97 in the same time a search, for three times the build.
 */
const BUILD_DEPTH = 200;

/** The graph over a generation's chunks. */
export function vectorIndex(
  { id, generation }: Pick<Collection, "id" | "generation">,
  precision: IndexSettings["precision"],
): IndexSpec {
  return {
    name: `${graphPrefix({ id, generation })}${precision}_${EDGES}_${BUILD_DEPTH}`,
    kind: "vector",
    on: chunkTable(id, generation.number),
    using: `using hnsw (${KEYS[precision](generation.dimensions)}) with (m = ${EDGES}, ef_construction = ${BUILD_DEPTH})`,
  };
}

/** How the names of a generation's graphs begin. */
export function graphPrefix({ id, generation }: Pick<Collection, "id" | "generation">): string {
  return `${indexName("vector", id, String(generation.number))}_`;
}

/** The graph of a generation that searches can follow: the one of the settings, else another that is ready. */
export function readyGraph(
  collection: Pick<Collection, "id" | "generation" | "index">,
  built: readonly BuiltIndex[],
): ReadyGraph | undefined {
  const prefix = graphPrefix(collection);
  const ready = built.filter(({ name, state }) => name.startsWith(prefix) && state === "ready");
  const wanted = vectorIndex(collection, collection.index.precision).name;
  const { name } = ready.find((index) => index.name === wanted) ?? ready[0] ?? {};
  const precision = INDEX_PRECISIONS.find((one) => name?.startsWith(`${prefix}${one}_`));
  return name === undefined || precision === undefined ? undefined : { index: name, precision };
}

/** What the graph holds, with how it is compared. */
const KEYS: Readonly<Record<IndexSettings["precision"], (dimensions: number) => string>> = {
  full: () => "embedding vector_cosine_ops",
  half: (dimensions) => `(embedding::halfvec(${dimensions})) halfvec_cosine_ops`,
  bit: (dimensions) => `(binary_quantize(embedding)::bit(${dimensions})) bit_hamming_ops`,
};

/**
 * The order in which a search reads the graph, for an `order by`: the very expression that is in the index.
 * @param query SQL of the query's vector
 */
export function graphOrder(precision: IndexSettings["precision"], dimensions: number, query: string): string {
  switch (precision) {
    case "full":
      return `embedding <=> ${query}`;
    case "half":
      return `embedding::halfvec(${dimensions}) <=> ${query}::halfvec(${dimensions})`;
    case "bit":
      return `binary_quantize(embedding)::bit(${dimensions}) <~> binary_quantize(${query})::bit(${dimensions})`;
    default:
      throw new Error(`Unknown precision ${String(precision satisfies never)}`);
  }
}

const PAGE_BYTES = 8_140;
/** Of a chunk in a stored graph beside its vector: its element's head, and the places of its edges. */
const STORED_EDGE_BYTES = 330;

/** About as many bytes as the graph has when it was just built. */
export function freshGraphBytes(chunks: number, dimensions: number, precision: IndexSettings["precision"]): number {
  const each = vectorBytes(dimensions, precision) + STORED_EDGE_BYTES;
  return chunks * (PAGE_BYTES / Math.max(1, Math.floor(PAGE_BYTES / each)));
}

function vectorBytes(dimensions: number, precision: IndexSettings["precision"]): number {
  return { full: 4 * dimensions, half: 2 * dimensions, bit: dimensions / 8 }[precision];
}

/** Bytes of a chunk beside its vector, in a graph that is being built: edges on all its levels, with their distances. */
const EDGE_BYTES = 1_100;
const MEMORY_SPARE = 1.2;
/** What a build may have on a server that was not tuned; on one that was, twice its shared buffers: half its memory. */
const LEAST_MEMORY_BOUND_BYTES = 1024 ** 3;

/** Memory that a build takes to stay in it: beyond it every further chunk goes through the disk. */
export function buildMemory(chunks: number, dimensions: number, settings: BuildSettings): number {
  const bytes = vectorBytes(dimensions, settings.precision);
  const most = Math.max(LEAST_MEMORY_BOUND_BYTES, 2 * settings.sharedBuffersBytes);
  return Math.min(most, Math.ceil(chunks * (bytes + EDGE_BYTES) * MEMORY_SPARE));
}

export interface BuildSettings {
  readonly precision: IndexSettings["precision"];
  readonly sharedBuffersBytes: number;
}
