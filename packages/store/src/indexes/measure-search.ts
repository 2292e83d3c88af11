import { median } from "@polyseme/core";
import { EXACT, graphScan, type Scan } from "../choose-scan.ts";
import { chunkTable, type Collection } from "../collections.ts";
import type { Database, Sql } from "../database.ts";
import { nearestChunks } from "../nearest-chunks.ts";
import { decodeVector } from "../vector-wire.ts";
import { mixedQueries } from "./mixed-queries.ts";
import {
  MEASURED_COUNTS,
  certain,
  type Depth,
  type MeasuredCount,
  type ReadyGraph,
  type SearchMeasure,
} from "./search-measure.ts";

/** Queries of each kind. */
const SAMPLE = 100;
const STORED_A_QUERY = 3;
const LEAST_SAMPLE = 8;
/** Exact searches end after this; a measure must not cost more than the searches it saves. */
const EXACT_BUDGET_MS = 10_000;
const TIMED_EXACT = 9;

const DEPTHS: Readonly<Record<MeasuredCount, readonly number[]>> = {
  10: [10, 20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1_000],
  100: [100, 150, 200, 300, 400, 600, 800, 1_000],
};
/** Deeper searches are not measured once one finds this much. */
const ENOUGH = 0.998;
/** Equal distances may come in another order, and a float's last digit differ. */
const DISTANCE_SLACK = 1e-6;

export interface MeasureOptions {
  /** Looked at between searches. */
  readonly signal: AbortSignal;
  /** What is looked for; left out: stored vectors, and means of them, whichever are harder to find. */
  readonly vectors?: readonly Float32Array[];
  /** How many of each; 100 when left out. */
  readonly sample?: number;
}

/**
 * Measures exact searches, and how deep a graph must be searched to find what they find. Takes some ten seconds of one
 * core of Postgres at most, more where a single exact search takes seconds.
 * @param graph undefined: there is none
 */
export async function measureSearch(
  database: Database,
  collection: Pick<Collection, "id" | "generation">,
  graph: ReadyGraph | undefined,
  { signal, vectors: given, sample = SAMPLE }: MeasureOptions,
): Promise<Omit<SearchMeasure, "chunks">> {
  const stored = given === undefined ? await sampleVectors(database, collection, STORED_A_QUERY * sample) : [];
  // What is asked lies near to what is stored or between it; which is harder to find depends on the vectors and the precision.
  const kinds = given === undefined ? [mixedQueries(stored), stored.slice(0, sample)] : [given];
  const ask = (vector: Float32Array, limit: number, scan: Scan): Promise<Asked> => {
    signal.throwIfAborted();
    return timed(() => nearestChunks(database, collection, { vector, limit }, scan).then(({ rows }) => rows));
  };
  const exactTimes: number[] = [];
  for (const vector of (kinds[0] ?? []).slice(0, TIMED_EXACT)) exactTimes.push((await ask(vector, 10, EXACT)).ms);
  const measure = { measuredAt: new Date().toISOString(), exactMs: medianMs(exactTimes) };
  if (graph === undefined) return measure;

  const known: Known[][] = [];
  for (const vectors of kinds) {
    const exact: Known[] = [];
    const startedMs = performance.now();
    for (const vector of vectors) {
      if (exact.length >= LEAST_SAMPLE && performance.now() - startedMs > EXACT_BUDGET_MS / kinds.length) break;
      exact.push({ vector, distances: (await ask(vector, Math.max(...MEASURED_COUNTS), EXACT)).distances });
    }
    if (exact.length > 0) known.push(exact);
  }
  const measureDepth = async (count: MeasuredCount, efSearch: number): Promise<Depth> => {
    const scan = graphScan(graph.precision, efSearch);
    const depths: Depth[] = [];
    for (const exact of known) {
      const asked: Asked[] = [];
      for (const { vector } of exact) asked.push(await ask(vector, count, scan));
      const shares = asked.map(({ distances }, at) => shareFound(distances, exact[at]?.distances ?? [], count));
      depths.push({ efSearch, ...meanWithError(shares), ms: medianMs(asked.map(({ ms }) => ms)) });
    }
    return depths.reduce((worst, depth) => (certain(depth) < certain(worst) ? depth : worst));
  };
  const measureDepths = async (count: MeasuredCount): Promise<Depth[]> => {
    const depths: Depth[] = [];
    for (const efSearch of DEPTHS[count]) {
      const depth = await measureDepth(count, efSearch);
      depths.push(depth);
      if (depth.recall >= ENOUGH) break;
    }
    return depths;
  };
  const [few, many] = MEASURED_COUNTS;
  return {
    ...measure,
    graph: { ...graph, depths: { [few]: await measureDepths(few), [many]: await measureDepths(many) } },
  };
}

interface Asked {
  readonly ms: number;
  readonly distances: readonly number[];
}

interface Known {
  readonly vector: Float32Array;
  /** Of its nearest, ascending. */
  readonly distances: readonly number[];
}

async function timed(search: () => Promise<readonly { distance: number }[]>): Promise<Asked> {
  const startedMs = performance.now();
  const rows = await search();
  return { ms: performance.now() - startedMs, distances: rows.map(({ distance }) => distance) };
}

/** Share of the `count` nearest that was found: as near as the last of them is as good. */
function shareFound(found: readonly number[], exact: readonly number[], count: number): number {
  const wanted = exact.slice(0, count);
  const last = wanted.at(-1);
  if (last === undefined) return 1;
  const good = found.filter((distance) => distance <= last + DISTANCE_SLACK).length;
  return Math.min(1, good / wanted.length);
}

export function meanWithError(values: readonly number[]): { recall: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { recall: mean, error: Math.sqrt(variance / values.length) };
}

/** 0 where nothing is stored that could be asked for. */
function medianMs(times: readonly number[]): number {
  return times.length === 0 ? 0 : median(times);
}

/** Rows a page has at least, whatever its vectors: the share of pages to read for a sample is reckoned with it. */
const SPARE_PAGES = 2;

async function sampleVectors(
  sql: Sql,
  { id, generation }: Pick<Collection, "id" | "generation">,
  count: number,
): Promise<Float32Array[]> {
  const table = chunkTable(id, generation.number);
  const { rows } = await sql.query<{ pages: number }>(
    `select pg_relation_size('${table}'::regclass) / current_setting('block_size')::int as pages`,
  );
  // Whole pages, each of a chunk or more: of a large table only a part is read.
  const percent = Math.min(100, (100 * SPARE_PAGES * count) / Math.max(1, rows[0]?.pages ?? 1));
  const sampled = await sql.query<{ vector: Buffer }>(
    `select vector_send(embedding) as vector from (
       select embedding from ${table} tablesample system (${percent}) order by random() limit ${count}
     ) s`,
  );
  return sampled.rows.map(({ vector }) => decodeVector(vector));
}
