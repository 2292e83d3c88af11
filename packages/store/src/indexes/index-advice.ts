import { MOST_INDEXED_DIMENSIONS } from "@polyseme/core";
import { GRAPH_POLICY } from "./graph-policy.ts";
import type { IndexHealth, ServerHealth } from "./index-health.ts";
import { INDEX_SCHEMA } from "./index-spec.ts";
import { chooseDepth } from "./search-measure.ts";
import { freshGraphBytes } from "./vector-index.ts";

export interface Advice {
  /** A collection's name, or the server's part. */
  readonly about: string;
  readonly found: string;
  /** What to do. */
  readonly next: string;
}

/** The release that mends what earlier ones did wrong in graphs which are built in parallel, written to and vacuumed at once. */
const SAFE_PGVECTOR = [0, 8, 6] as const;
const DEAD_SHARE = 0.2;
const BLOATED = 1.5;
/** Below it an index is small change, whatever its shape. */
const LEAST_BLOATED_BYTES = 16 * 1024 ** 2;
/** An exact search of so many numbers takes some tenths of a second. */
const SLOW_EXACT_NUMBERS = 50_000_000;

/** What to do about a database's vector indexes; nothing when all is well. */
export function adviseOnIndexes(server: ServerHealth): Advice[] {
  return [...adviseOnServer(server), ...server.collections.flatMap(adviseOnCollection)];
}

function adviseOnServer({ pgvector, graphBytes, sharedBuffersBytes }: ServerHealth): Advice[] {
  const advice: Advice[] = [];
  if (graphBytes > 0 && isOlder(pgvector, SAFE_PGVECTOR))
    advice.push({
      about: "pgvector",
      found: `version ${pgvector}, and releases before ${SAFE_PGVECTOR.join(".")} may damage HNSW indexes that are written to while they are vacuumed`,
      next: `Install ${SAFE_PGVECTOR.join(".")} or later, run "alter extension vector update;" and reindex.`,
    });
  if (graphBytes > sharedBuffersBytes)
    advice.push({
      about: "shared_buffers",
      found: `the HNSW indexes have ${megabytes(graphBytes)}, shared_buffers ${megabytes(sharedBuffersBytes)}: searches may wait for the disk`,
      next: 'Raise shared_buffers, set index.precision to "half" (about 6/10 of the size), or load them after a start with pg_prewarm.',
    });
  return advice;
}

function adviseOnCollection(health: IndexHealth): Advice[] {
  const { collection, table, chunks, deadChunks, built } = health;
  const { generation, name: about } = collection;
  const graphs = built.filter(({ kind, state }) => kind === "vector" && state === "ready");
  const advice: Advice[] = built
    .filter(({ state }) => state === "invalid")
    .map(({ name }) => ({
      about,
      found: `the index ${name} is not whole: a build of it was cut off`,
      next: `An ingest process drops it and builds anew; where none runs: drop index concurrently ${INDEX_SCHEMA}.${name};`,
    }));
  if (graphs.length > 0 && deadChunks > DEAD_SHARE * chunks)
    advice.push({
      about,
      found: `${deadChunks} of its chunks are dead, ${chunks} live: searches pass over the dead ones`,
      next: `vacuum (analyze) ${table}; and for the future: alter table ${table} set (autovacuum_vacuum_scale_factor = 0.05);`,
    });
  for (const { name, bytes } of graphs) {
    const fresh = freshGraphBytes(chunks, generation.dimensions, precisionOf(name));
    if (bytes > LEAST_BLOATED_BYTES && bytes > BLOATED * fresh)
      advice.push({
        about,
        found: `the index ${name} has ${megabytes(bytes)}, built anew it would have about ${megabytes(fresh)}`,
        next: `reindex index concurrently ${INDEX_SCHEMA}.${name};`,
      });
  }
  return [...advice, ...adviseOnSearch(health, graphs.length > 0)];
}

function adviseOnSearch({ collection, chunks }: IndexHealth, hasGraph: boolean): Advice[] {
  const { index, generation, name: about } = collection;
  const { measure, dimensions } = generation;
  if (hasGraph) {
    const graph = measure?.graph;
    const depth = graph === undefined ? undefined : chooseDepth(graph, index.recall, 10);
    if (depth === undefined || depth.reaches) return [];
    return [
      {
        about,
        found: `its index finds ${depth.recall.toFixed(3)} of the exact answer at most, and ${index.recall} is wanted`,
        next: 'Set index.precision to "full", a lower index.recall, or index.vector to "exact".',
      },
    ];
  }
  if (chunks * dimensions < SLOW_EXACT_NUMBERS) return [];
  const found = `${chunks} chunks of ${dimensions} dimensions are searched exactly`;
  if (index.vector === "exact") return [{ about, found, next: 'Set index.vector to "auto", unless that is meant.' }];
  if (dimensions > MOST_INDEXED_DIMENSIONS[index.precision])
    return [
      {
        about,
        found,
        next: `Set index.precision to "${dimensions <= 4_000 ? "half" : "bit"}": a full graph is too wide.`,
      },
    ];
  if (index.recall === 1) return [{ about, found, next: "Set index.recall below 1: no graph finds everything." }];
  const share = Math.round(100 * GRAPH_POLICY.loadShare);
  return [
    {
      about,
      found,
      next: `An ingest process builds an index once fewer than ${share} % of the documents wait; on the embedded stack there is none.`,
    },
  ];
}

function precisionOf(name: string): "full" | "half" | "bit" {
  return name.includes("_half_") ? "half" : name.includes("_bit_") ? "bit" : "full";
}

function isOlder(version: string, than: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [at, least] of than.entries()) {
    const part = parts[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`;
}
