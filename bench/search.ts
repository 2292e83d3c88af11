import { setTimeout as after } from "node:timers/promises";
import { encodeTexts, type Encoder } from "@polyseme/encoder";
import {
  getCollection,
  keepIndexes,
  searchChunks,
  setIndexSettings,
  type Collection,
  type Database,
} from "@polyseme/store";
import type { BenchContext, Benchmark } from "./context.ts";
import { percentile, type Figure } from "./report.ts";
import { fillCollection, openStore } from "./support/fill.ts";
import { expectAnswer, jsonRequest, RawConnection, runConcurrently } from "./support/raw-http.ts";
import { readQuestions } from "./support/sentences.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withStage, type Stage } from "./support/stage.ts";
import { stageMeanMs, stageTotals } from "./support/stage-times.ts";
import { pushTexts } from "./support/texts-push.ts";
import { openBenchEncoder } from "./support/vectors.ts";
import { corporaIn, readCorpus, repeatedCorpus } from "./texts.ts";

const NAME = "passages";
const K = 10;
const CLIENTS = 16;
const BULK_DOCUMENTS = 20_000;
/** For so long the api remembers how a collection is searched. */
const REMEMBERED_MS = 1_500;

const SCANS = ["exact", "hnsw"] as const;
type Scan = (typeof SCANS)[number];

interface Subject {
  readonly queries: readonly string[];
  readonly requests: readonly Buffer[];
  readonly apiUrl: string;
  readonly database: Database;
  readonly collection: Collection;
  /** Like the one in the api process: same model, same threads. */
  readonly encoder: Encoder;
}

/** Searches by one client and by many, and beside a bulk load, against what encoder and Postgres alone would take. */
export const benchSearch: Benchmark = {
  about: "search over 100,000 chunks against encode + SQL alone, by 1 and 16 clients, and beside a bulk load",
  options: SHORT,
  async run(context) {
    const short = isShort(context);
    const size = short ? { chunks: 10_000, sentences: 1_000 } : { chunks: 100_000, sentences: 5_000 };
    const calls = short ? { one: 100, many: 320 } : { one: 300, many: 1_600 };
    const rounds = context.runs ?? (short ? 1 : 3);
    return withStage(context, async (stage) => {
      const database = await openStore(stage.databaseUrl);
      const encoder = await openBenchEncoder();
      try {
        await fillCollection(context, database, NAME, size);
        const api = await stage.start("api");
        const queries = readQuestions(context, 1_000);
        const requests = queries.map((query) => jsonRequest(`/v1/collections/${NAME}/search`, { query, k: K }));
        let subject = {
          queries,
          requests,
          apiUrl: api.url,
          database,
          collection: await getCollection(database, NAME),
          encoder,
        };
        const figures: Figure[] = [];
        for (const scan of SCANS) {
          if (scan === "hnsw") subject = { ...subject, collection: await buildIndex(context, database) };
          figures.push(...(await measureIdle(context, subject, scan, calls, rounds)));
        }
        figures.push(...(await measureBeside(context, stage, subject, calls.one)));
        return figures;
      } finally {
        await encoder.close();
        await database.close();
      }
    });
  },
};

/** As an ingest process does; its searches follow the graph from then on, and so do the api's a second later. */
async function buildIndex(context: BenchContext, database: Database): Promise<Collection> {
  const { id } = await getCollection(database, NAME);
  await setIndexSettings(database, id, { vector: "hnsw" });
  await keepIndexes(database, {
    signal: new AbortController().signal,
    onAct: ({ did, seconds }) => {
      context.log(`HNSW index ${did} in ${Math.round(seconds)} s`);
    },
    onError: (_, error) => {
      throw error;
    },
  });
  await after(REMEMBERED_MS);
  return getCollection(database, NAME);
}

interface OneClient {
  readonly httpMs: number[];
  readonly encodeMs: number[];
  readonly sqlMs: number[];
  /** Encode and SQL of the same query, added. */
  readonly aloneMs: number[];
}

async function measureIdle(
  context: BenchContext,
  subject: Subject,
  scan: Scan,
  calls: { one: number; many: number },
  rounds: number,
): Promise<Figure[]> {
  // The first searches open connections and bring the table into memory.
  await oneClient(subject, 20);
  const ones: OneClient[] = [];
  const many: { http: number; encode: number; sql: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    ones.push(await oneClient(subject, calls.one));
    many.push(await manyClients(subject, calls.many));
    context.log(`${scan}: run ${round} of ${rounds}`);
  }
  const share = ({ http, encode, sql }: (typeof many)[number]): number => http * (1 / encode + 1 / sql);
  const at = (pick: (run: OneClient) => number[], p: number): number[] => ones.map((run) => percentile(pick(run), p));
  const ms = (name: string, values: number[]): Figure => ({
    name: `${scan}: ${name}`,
    unit: "ms",
    values,
    better: "lower",
  });
  const rate = (name: string, pick: (run: (typeof many)[number]) => number): Figure => ({
    name: `${scan}: ${CLIENTS} at once, ${name}`,
    unit: "queries/s",
    values: many.map(pick),
  });
  return [
    ms(
      "1 client, p50",
      at((run) => run.httpMs, 0.5),
    ),
    ms(
      "1 client, p99",
      at((run) => run.httpMs, 0.99),
    ),
    ms(
      "encode alone, p50",
      at((run) => run.encodeMs, 0.5),
    ),
    ms(
      "SQL alone, p50",
      at((run) => run.sqlMs, 0.5),
    ),
    ms(
      "encode + SQL alone, p99",
      at((run) => run.aloneMs, 0.99),
    ),
    {
      name: `${scan}: 1 client, p99 ÷ (encode + SQL alone)`,
      unit: "p99 ÷ p99",
      values: ones.map(({ httpMs, aloneMs }) => percentile(httpMs, 0.99) / percentile(aloneMs, 0.99)),
      kind: "ratio",
      reach: { atMost: 1.2 },
    },
    rate("search", ({ http }) => http),
    rate("encoder alone", ({ encode }) => encode),
    rate("SQL alone", ({ sql }) => sql),
    {
      // Both use every core when alone, so on shared cores their times for a query add up.
      name: `${scan}: ${CLIENTS} at once, of what both allow`,
      unit: "queries/s ÷ 1/(1/encoder + 1/SQL)",
      values: many.map(share),
      kind: "ratio",
      reach: { atLeast: 0.9 },
    },
  ];
}

/** The same query three ways in turn, so that what the machine does meanwhile falls on all of them. */
async function oneClient(subject: Subject, calls: number): Promise<OneClient> {
  const connection = await RawConnection.open(subject.apiUrl);
  const run: OneClient = { httpMs: [], encodeMs: [], sqlMs: [], aloneMs: [] };
  try {
    for (let i = 0; i < calls; i += 1) {
      run.httpMs.push(await timed(() => askHttp(subject, connection, i)));
      let vector: Float32Array = new Float32Array();
      const encodeMs = await timed(async () => {
        vector = await encodeQuery(subject, i);
      });
      const sqlMs = await timed(() => askSql(subject, vector));
      run.encodeMs.push(encodeMs);
      run.sqlMs.push(sqlMs);
      run.aloneMs.push(encodeMs + sqlMs);
    }
    return run;
  } finally {
    connection.close();
  }
}

async function manyClients(subject: Subject, calls: number): Promise<{ http: number; encode: number; sql: number }> {
  const options = { calls, connections: CLIENTS };
  const http = await runConcurrently(subject.apiUrl, options, (connection, i) => askHttp(subject, connection, i));
  const vectors: Float32Array[] = [];
  const encode = await atOnce(calls, async (i) => {
    vectors[i] = await encodeQuery(subject, i);
  });
  const sql = await atOnce(calls, (i) => askSql(subject, vectors[i] ?? new Float32Array()));
  return { http: calls / http.seconds, encode: calls / encode, sql: calls / sql };
}

/** Seconds that so many calls take, some of them at once. */
async function atOnce(calls: number, call: (number: number) => Promise<void>): Promise<number> {
  let next = 0;
  const started = performance.now();
  const client = async (): Promise<void> => {
    while (next < calls) await call(next++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return (performance.now() - started) / 1_000;
}

async function measureBeside(context: BenchContext, stage: Stage, subject: Subject, calls: number): Promise<Figure[]> {
  const connection = await RawConnection.open(subject.apiUrl);
  const ask = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let i = 0; i < calls; i += 1) times.push(await timed(() => askHttp(subject, connection, i)));
    return times;
  };
  try {
    const idle = await ask();
    const ingest = await stage.start("ingest");
    const embedder = await stage.start("embedder");
    const [corpus = "sample"] = corporaIn(context.sharedDir);
    await pushTexts(ingest.url, "bulk", repeatedCorpus(readCorpus(context.sharedDir, corpus), BULK_DOCUMENTS));
    const before = await stageTotals(embedder.url, "encode");
    const loaded = await ask();
    const batchMs = stageMeanMs(before, await stageTotals(embedder.url, "encode"));
    const idleP99 = percentile(idle, 0.99);
    const loadedP99 = percentile(loaded, 0.99);
    return [
      { name: "idle, p99", unit: "ms", values: [idleP99], better: "lower" },
      { name: "beside a bulk load, p50", unit: "ms", values: [percentile(loaded, 0.5)], better: "lower" },
      { name: "beside a bulk load, p99", unit: "ms", values: [loadedP99], better: "lower" },
      { name: "a bulk batch, mean", unit: "ms", values: [batchMs], better: "lower" },
      {
        name: "beside a bulk load, p99 ÷ (2 × idle p99 + a batch)",
        unit: "of what is allowed",
        values: [loadedP99 / (2 * idleP99 + batchMs)],
        kind: "ratio",
        reach: { atMost: 1 },
      },
    ];
  } finally {
    connection.close();
  }
}

async function askHttp({ requests }: Subject, connection: RawConnection, number: number): Promise<void> {
  const request = requests[number % requests.length];
  if (request === undefined) throw new Error("There are no queries");
  const { hits } = expectAnswer(await connection.request(request), 200) as { hits: unknown[] };
  if (hits.length !== K) throw new Error(`${hits.length} hits, not ${K}`);
}

async function encodeQuery({ encoder, queries }: Subject, number: number): Promise<Float32Array> {
  const query = queries[number % queries.length] ?? "";
  const [text] = await encodeTexts(encoder, [query], { wants: { embedding: true }, lane: "interactive" });
  if (text?.encoded.embedding === undefined) throw new Error("The encoder gave no embedding");
  return text.encoded.embedding;
}

/** The statement that the api runs, by the store itself. */
async function askSql({ database, collection }: Subject, vector: Float32Array): Promise<void> {
  await searchChunks(database, collection, { vector, k: K, group: "document" });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
