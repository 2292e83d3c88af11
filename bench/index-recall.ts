import { INDEX_PRECISIONS } from "@polyseme/core";
import {
  buildIndex,
  chooseDepth,
  dropIndex,
  listIndexes,
  measureSearch,
  searchChunks,
  vectorIndex,
  type Collection,
  type Database,
  type SearchMeasure,
} from "@polyseme/store";
import { numberOption, type BenchContext, type Benchmark } from "./context.ts";
import { percentile, type Figure } from "./report.ts";
import { fillCollection, openStore } from "./support/fill.ts";
import { isShort, SHORT } from "./support/short.ts";
import { readQuestions } from "./support/sentences.ts";
import { withStage } from "./support/stage.ts";
import { embedAll, openBenchEncoder } from "./support/vectors.ts";

const K = 10;
const QUERIES = 300;
const SHOWN_DEPTHS = [40, 100, 200] as const;
/** What a collection is to reach when nothing else is said, and more. */
const RECALLS = [0.95, 0.99] as const;
const BUILD_MEMORY_BYTES = 1024 ** 3;

/** Graphs built after the load as the product builds them: recall of people's questions against the exact answer, and time. */
export const benchIndex: Benchmark = {
  about: "HNSW over 200,000 chunks, full, half and bit: build, size, recall@10 and time in SQL",
  options: {
    ...SHORT,
    chunks: { type: "string", help: "vectors in the index (default: 200000)" },
    sentences: { type: "string", help: "how many of them are embeddings of real sentences (default: 20000)" },
  },
  async run(context) {
    const preset = isShort(context) ? { chunks: 20_000, sentences: 4_000 } : { chunks: 200_000, sentences: 20_000 };
    const size = {
      chunks: numberOption(context, "chunks", preset.chunks),
      sentences: numberOption(context, "sentences", preset.sentences),
    };
    return withStage(context, async ({ databaseUrl }) => {
      const database = await openStore(databaseUrl);
      try {
        const collection = await fillCollection(context, database, "passages", size);
        const encoder = await openBenchEncoder();
        const questions = await embedAll(encoder, readQuestions(context, QUERIES));
        await encoder.close();
        const figures: Figure[] = [];
        for (const precision of INDEX_PRECISIONS)
          figures.push(...(await measurePrecision(context, { database, collection, questions, size }, precision)));
        return figures;
      } finally {
        await database.close();
      }
    });
  },
};

interface Subject {
  readonly database: Database;
  readonly collection: Collection;
  readonly questions: readonly Float32Array[];
  readonly size: { readonly chunks: number };
}

async function measurePrecision(
  context: BenchContext,
  { database, collection, questions, size }: Subject,
  precision: (typeof INDEX_PRECISIONS)[number],
): Promise<Figure[]> {
  const { signal } = new AbortController();
  const spec = vectorIndex(collection, precision);
  const started = performance.now();
  await buildIndex(database, spec, signal, { memoryBytes: BUILD_MEMORY_BYTES });
  const buildSeconds = (performance.now() - started) / 1_000;
  const [built] = await listIndexes(database, collection);
  context.log(`${precision}: built in ${Math.round(buildSeconds)} s`);
  const graph = { index: spec.name, precision };
  // The first pass brings the graph into memory.
  await measureSearch(database, collection, graph, { signal, vectors: questions.slice(0, 50) });
  const ofQuestions = await measureSearch(database, collection, graph, { signal, vectors: questions });
  const ofStored = await measureSearch(database, collection, graph, { signal });
  const figures: Figure[] = [
    { name: `${precision}: build`, unit: "s", values: [buildSeconds], better: "lower" },
    { name: `${precision}: index size`, unit: "MB", values: [(built?.bytes ?? 0) / 2 ** 20], better: "lower" },
    { name: `${precision}: exact scan, p50`, unit: "ms in SQL", values: [ofQuestions.exactMs], better: "lower" },
    ...depthFigures(precision, ofQuestions),
  ];
  for (const recall of RECALLS) {
    const measure = { ...ofStored, chunks: size.chunks };
    const searched = {
      ...collection,
      index: { ...collection.index, recall },
      generation: { ...collection.generation, measure },
    };
    figures.push(
      ...(await measureChosen({ database, collection: searched, questions }, `${precision}, recall ${recall}`)),
    );
  }
  await dropIndex(database, spec.name);
  return figures;
}

function depthFigures(precision: string, { graph }: Pick<SearchMeasure, "graph">): Figure[] {
  return (graph?.depths[K] ?? [])
    .filter(({ efSearch }) => SHOWN_DEPTHS.some((shown) => shown === efSearch))
    .flatMap(({ efSearch, recall, ms }): Figure[] => [
      // How well the graph finds does not depend on the machine; how fast does.
      {
        name: `${precision}: recall@${K}, ef_search ${efSearch}`,
        unit: "of the exact answer",
        values: [recall],
        kind: "ratio",
      },
      { name: `${precision}: ef_search ${efSearch}, p50`, unit: "ms in SQL", values: [ms], better: "lower" },
    ]);
}

/** What the product's own choice, made on stored vectors, gives to questions that people asked. */
async function measureChosen(
  { database, collection, questions }: Pick<Subject, "database" | "collection" | "questions">,
  name: string,
): Promise<Figure[]> {
  const { graph } = collection.generation.measure ?? {};
  if (graph === undefined) throw new Error("No graph was measured");
  const { efSearch } = chooseDepth(graph, collection.index.recall, K);
  const recalls: number[] = [];
  const timesMs: number[] = [];
  for (const vector of questions) {
    const query = { vector, k: K, group: "chunk" } as const;
    const exact = await searchChunks(database, collection, { ...query, exact: true });
    const started = performance.now();
    const hits = await searchChunks(database, { ...collection, index: { ...collection.index, vector: "hnsw" } }, query);
    timesMs.push(performance.now() - started);
    const wanted = new Set(exact.map(({ documentId }) => documentId));
    recalls.push(hits.filter(({ documentId }) => wanted.has(documentId)).length / K);
  }
  const recall = recalls.reduce((sum, value) => sum + value, 0) / recalls.length;
  return [
    { name: `${name}: ef_search chosen`, unit: "", values: [efSearch] },
    {
      name: `${name}: recall@${K} of questions`,
      unit: "of the exact answer",
      values: [recall],
      kind: "ratio",
      ...(collection.index.recall === RECALLS[0] && name.startsWith("full") ? { reach: { atLeast: RECALLS[0] } } : {}),
    },
    { name: `${name}: p50`, unit: "ms in SQL", values: [percentile(timesMs, 0.5)], better: "lower" },
    { name: `${name}: p99`, unit: "ms in SQL", values: [percentile(timesMs, 0.99)], better: "lower" },
  ];
}
