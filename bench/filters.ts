import { parseFilter, type Filter } from "@polyseme/core";
import {
  buildIndex,
  chunkTable,
  countMatching,
  encodeVector,
  measureSearch,
  metadataIndexes,
  searchChunks,
  vectorIndex,
  type Collection,
  type Database,
} from "@polyseme/store";
import { numberOption, type BenchContext, type Benchmark } from "./context.ts";
import { percentile, type Figure } from "./report.ts";
import { fillCollection, openStore } from "./support/fill.ts";
import { isShort, SHORT } from "./support/short.ts";
import { readQuestions } from "./support/sentences.ts";
import { withStage } from "./support/stage.ts";
import { embedAll, openBenchEncoder } from "./support/vectors.ts";

const K = 10;
const QUERIES = 100;
/** What takes a tenth of a second or more each is asked less often. */
const SLOW_QUERIES = 25;
const MOST_P99_MS = 25;

/** Of the documents, in parts of a myriad; each document has a number below it that has nothing to do with its text. */
const KEPT = { "50 %": 5_000, "1 %": 100, "0.01 %": 1 } as const;
const MYRIAD = 10_000;
const PRIME = 99_991;

/** The same documents by an element of a list, found in the index over all metadata, and by a range, in the field's own. */
const WAYS = {
  equal: (kept: number) => ({ tags: `of ${kept}` }),
  range: (kept: number) => ({ number: { $lt: kept } }),
} as const;

/** The store's own search with filters that keep few, some and many documents, with and without indexes over metadata. */
export const benchFilters: Benchmark = {
  about: "search over 100,000 chunks with filters that keep 50 %, 1 % and 0.01 %: recall and time in SQL",
  options: { ...SHORT, chunks: { type: "string", help: "chunks in the collection (default: 100000)" } },
  async run(context) {
    const preset = isShort(context) ? { chunks: 20_000, sentences: 2_000 } : { chunks: 100_000, sentences: 5_000 };
    const size = { ...preset, chunks: numberOption(context, "chunks", preset.chunks), metadata: metadataOf };
    return withStage(context, async ({ databaseUrl }) => {
      const database = await openStore(databaseUrl);
      try {
        const collection = await fillCollection(context, database, "passages", size);
        const encoder = await openBenchEncoder();
        const queries = await embedAll(encoder, readQuestions(context, QUERIES));
        await encoder.close();
        return await measure(context, { database, collection, queries });
      } finally {
        await database.close();
      }
    });
  },
};

function metadataOf(document: number): Record<string, unknown> {
  // In no order, and each number as often as any other: 0.01 % of 100,000 are ten.
  const number = Math.floor((((document * 48_271) % PRIME) / PRIME) * MYRIAD);
  const kept = Object.values(KEPT).filter((below) => number < below);
  return { number, tags: kept.map((below) => `of ${below}`), source: `file-${document % 500}.txt`, part: document };
}

interface Case {
  readonly name: string;
  readonly filter: Filter;
  /** The right documents for each of the queries. */
  readonly exact: readonly string[][];
}

interface Subject {
  readonly database: Database;
  readonly collection: Collection;
  readonly queries: readonly Float32Array[];
}

async function measure(context: BenchContext, subject: Subject): Promise<Figure[]> {
  const cases: Case[] = [];
  for (const [share, kept] of Object.entries(KEPT)) {
    const exact = await exactAnswers(subject, `(metadata->>'number')::int < ${kept}`);
    for (const [way, filterOf] of Object.entries(WAYS))
      cases.push({ name: `${share}, ${way}`, filter: parseFilter(filterOf(kept), "filter"), exact });
  }
  context.log("exact answers known");
  const figures: Figure[] = [];
  for (const one of cases) figures.push(...(await ask(subject, one, "no index", SLOW_QUERIES)));
  context.log("asked without indexes");
  await buildMetadataIndexes(context, subject);
  for (const one of cases) figures.push(...(await ask(subject, one, "metadata index", SLOW_QUERIES)));
  context.log("asked without a graph");
  const withGraph = { ...subject, collection: await buildGraph(context, subject) };
  for (const one of cases) figures.push(...(await ask(withGraph, one, "all indexes", QUERIES, MOST_P99_MS)));
  return figures;
}

async function buildMetadataIndexes(context: BenchContext, { database, collection }: Subject): Promise<void> {
  const index = { ...collection.index, metadata: ["number"] };
  for (const spec of metadataIndexes({ id: collection.id, index })) {
    const started = performance.now();
    await buildIndex(database, spec, AbortSignal.timeout(300_000));
    context.log(`${spec.name} built in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  }
  await database.query("vacuum (analyze) polyseme_store.documents");
}

/** As the product would, once it had measured it; answers the collection as its searches see it then. */
async function buildGraph(context: BenchContext, { database, collection, queries }: Subject): Promise<Collection> {
  const { signal } = new AbortController();
  const spec = vectorIndex(collection, "full");
  const started = performance.now();
  await buildIndex(database, spec, signal, { memoryBytes: BUILD_MEMORY_BYTES });
  context.log(`graph built in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  const graph = { index: spec.name, precision: "full" } as const;
  const measure = await measureSearch(database, collection, graph, { signal, vectors: queries.slice(0, MEASURED_BY) });
  const { rows } = await database.query<{ chunks: number }>(
    `select count(*)::int as chunks from ${chunkTable(collection.id, collection.generation.number)}`,
  );
  return {
    ...collection,
    index: { ...collection.index, vector: "hnsw", recall: 0.99 },
    generation: { ...collection.generation, measure: { ...measure, chunks: rows[0]?.chunks ?? 0 } },
  };
}

const BUILD_MEMORY_BYTES = 1024 ** 3;
const MEASURED_BY = 50;

/** By a statement of its own, which has nothing in common with the store's. */
async function exactAnswers({ database, collection, queries }: Subject, condition: string): Promise<string[][]> {
  const answers: string[][] = [];
  for (const query of queries) {
    const { rows } = await database.query<{ id: string }>(
      `select d.id from ${chunkTable(collection.id, collection.generation.number)} c
       join polyseme_store.documents d on d.id = c.document_id and d.collection_id = ${collection.id}
       where ${condition} order by c.embedding <=> $1::vector, d.id limit ${K}`,
      [encodeVector(query)],
    );
    answers.push(rows.map(({ id }) => id));
  }
  return answers;
}

async function ask(
  { database, collection, queries }: Subject,
  { name, filter, exact }: Case,
  indexes: string,
  calls: number,
  mostP99Ms?: number,
): Promise<Figure[]> {
  const asked = queries.slice(0, calls);
  const search = (vector: Float32Array): Promise<readonly { documentId: string }[]> =>
    searchChunks(database, collection, { vector, k: K, group: "document", filter });
  // The first ones bring tables and indexes into memory.
  for (const query of asked.slice(0, 5)) await search(query);
  const timesMs: number[] = [];
  const recalls: number[] = [];
  let fewest = Infinity;
  for (const [at, query] of asked.entries()) {
    const started = performance.now();
    const found = await search(query);
    timesMs.push(performance.now() - started);
    const right = exact[at] ?? [];
    fewest = Math.min(fewest, found.length);
    recalls.push(right.filter((id) => found.some(({ documentId }) => documentId === id)).length / right.length);
  }
  const counting = performance.now();
  const counted = await countMatching(database, collection, filter, COUNTED);
  const countMs = performance.now() - counting;
  const figure = (what: string): string => `${indexes}, ${name}: ${what}`;
  const most = Math.min(K, exact[0]?.length ?? 0);
  return [
    {
      name: figure(`recall@${K}`),
      unit: "of the exact answer",
      values: [recalls.reduce((sum, value) => sum + value, 0) / recalls.length],
      kind: "ratio",
      reach: { atLeast: 0.99 },
    },
    { name: figure("fewest hits"), unit: `of ${most}`, values: [fewest], reach: { atLeast: most } },
    { name: figure("p50"), unit: "ms in SQL", values: [percentile(timesMs, 0.5)], better: "lower" },
    {
      name: figure("p99"),
      unit: "ms in SQL",
      values: [percentile(timesMs, 0.99)],
      better: "lower",
      ...(mostP99Ms === undefined ? {} : { reach: { atMost: mostP99Ms } }),
    },
    { name: figure(`counting ${counted.toLocaleString("en")}`), unit: "ms", values: [countMs], better: "lower" },
  ];
}

/** As far as a planner would look. */
const COUNTED = 10_000;
