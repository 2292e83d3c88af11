import { embedTexts, type Encoder } from "@polyseme/encoder";
import {
  chunkTable,
  makeWordKnowledge,
  searchChunks,
  searchWords,
  textIndex,
  type Collection,
  type Database,
  type KnownWords,
} from "@polyseme/store";
import type { BenchContext, Benchmark } from "./context.ts";
import { percentile, type Figure } from "./report.ts";
import { fillCollection, openStore } from "./support/fill.ts";
import { freshServers } from "../test/support/stack.ts";
import { readQuestions, readSentences } from "./support/sentences.ts";
import { isShort, SHORT } from "./support/short.ts";
import { openBenchEncoder } from "./support/vectors.ts";

const K = 10;
/** As a hybrid search asks each of its two sides. */
const DEPTH = 200;
const REACH_MS = 50;
/** Questions answered without the index as well, half a minute each. */
const CHECKED = 3;

/** What search by words costs in SQL, with and without its index, and what the index costs whoever writes. */
export const benchLexical: Benchmark = {
  about: "search by words over 100,000 chunks in SQL: lexical, hybrid and what its index costs",
  options: SHORT,
  async run(context) {
    const short = isShort(context);
    const { databaseUrl } = await context.servers();
    const servers = await freshServers(databaseUrl, undefined);
    context.atEnd(() => servers.drop());
    const database = await openStore(servers.environment.DATABASE_URL);
    context.atEnd(() => database.close());
    const chunks = short ? 10_000 : 100_000;
    // Five sentences a text; the vectors are of fewer, which take the encoder a minute.
    const all = readSentences(context, 200_000);
    const texts = all.map((_, i) => all.slice(i, i + 5).join(" "));
    const collection = await fillCollection(context, database, "passages", {
      chunks,
      sentences: short ? 1_000 : 5_000,
      texts,
    });
    const encoder = await openBenchEncoder();
    context.atEnd(() => encoder.close());
    const questions = readQuestions(context, short ? 100 : 500);
    return [
      ...(await buildFigures(context, database, collection)),
      ...(await searchFigures(context, { database, collection, encoder }, questions)),
    ];
  },
};

async function buildFigures(context: BenchContext, database: Database, collection: Collection): Promise<Figure[]> {
  const { name, on, using } = textIndex(collection);
  const startedMs = performance.now();
  await database.query(`create index ${name} on ${on} ${using}`);
  const seconds = (performance.now() - startedMs) / 1_000;
  const { rows } = await database.query<{ index: number; table: number }>(
    `select pg_relation_size('polyseme_store.${name}') as index, pg_table_size('${chunkTable(collection.id, collection.generation.number)}') as table`,
  );
  const { index = 0, table = 0 } = rows[0] ?? {};
  context.log(`text index built in ${seconds.toFixed(1)} s`);
  return [
    { name: "text index, built in", values: [seconds], unit: "s" },
    { name: "text index, size", values: [index / 2 ** 20], unit: "MiB" },
    { name: "chunk table, size", values: [table / 2 ** 20], unit: "MiB" },
  ];
}

interface Subject {
  readonly database: Database;
  readonly collection: Collection;
  readonly encoder: Encoder;
}

async function searchFigures(
  context: BenchContext,
  { database, collection, encoder }: Subject,
  questions: readonly string[],
): Promise<Figure[]> {
  const knowledge = makeWordKnowledge(database, () => performance.now());
  const startedMs = performance.now();
  const known = await knowledge.of(collection);
  const countedMs = performance.now() - startedMs;
  if (!known.isIndexed) context.fail("the text index is not used");
  const vectors = await embedTexts(encoder, questions, { lane: "bulk" });
  const lexicalMs: number[] = [];
  const sidesMs: number[] = [];
  for (const round of [0, 1])
    for (const [i, text] of questions.entries()) {
      const lexical = await timed(() => searchWords(database, collection, { text, k: K, group: "document" }, known));
      const sides = await timed(() =>
        bothSides(database, collection, { text, vector: vectors[i] ?? new Float32Array() }, known),
      );
      // The first round finds the pages cold.
      if (round === 0) continue;
      lexicalMs.push(lexical);
      sidesMs.push(sides);
    }
  const agree = await agreement(database, collection, known, questions.slice(0, CHECKED));
  return [
    { name: "words counted in", values: [countedMs], unit: "ms" },
    { name: "lexical, p50", values: [percentile(lexicalMs, 0.5)], unit: "ms", reach: { atMost: REACH_MS } },
    { name: "lexical, p99", values: [percentile(lexicalMs, 0.99)], unit: "ms" },
    {
      name: "hybrid, its two statements one after the other, p50",
      values: [percentile(sidesMs, 0.5)],
      unit: "ms",
      reach: { atMost: REACH_MS },
    },
    { name: "hybrid, p99", values: [percentile(sidesMs, 0.99)], unit: "ms" },
    { name: "first 10 by the index that are first 10 without it", values: [agree], unit: "share" },
  ];
}

async function bothSides(
  database: Database,
  collection: Collection,
  { text, vector }: { text: string; vector: Float32Array },
  known: KnownWords,
): Promise<void> {
  await searchChunks(database, collection, { vector, k: DEPTH, group: "document" });
  await searchWords(database, collection, { text, k: DEPTH, group: "document" }, known);
}

/** Share of the best ten that the scan of everything, by every word, finds as well. */
async function agreement(
  database: Database,
  collection: Collection,
  known: KnownWords,
  questions: readonly string[],
): Promise<number> {
  let same = 0;
  let all = 0;
  for (const text of questions) {
    const query = { text, k: K, group: "document" } as const;
    const quick = await searchWords(database, collection, query, known);
    const exact = await searchWords(database, collection, query, { ...known, isIndexed: false });
    const least = exact.at(-1)?.score ?? 0;
    // Equal texts have equal scores, and which of them come first means nothing.
    same += quick.filter(({ score }) => score >= least - 1e-6).length;
    all += exact.length;
  }
  return same / Math.max(1, all);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
