import type { Filter } from "@polyseme/core";
import { bestOfDocuments } from "../best-of-documents.ts";
import { chunkTable, type Collection } from "../collections.ts";
import type { Database } from "../database.ts";
import { filterCondition, givenInto, type Given } from "../filter-condition.ts";
import { readHits, type Hit } from "../read-hits.ts";
import { planWords, type WantedWord } from "./plan-words.ts";
import { textConfig, wordEntries } from "./text-config.ts";
import type { KnownWords } from "./word-knowledge.ts";

export interface WordQuery {
  readonly text: string;
  readonly k: number;
  readonly group: "document" | "chunk";
  /** Only chunks of documents whose metadata match. */
  readonly filter?: Filter | undefined;
}

type Reader = Pick<Database, "query" | "queryWith">;

/** The usual constants of BM25: how soon a word that is there again adds nothing, and how much long texts are held back. */
const BM25 = { k1: 1.2, b: 0.75 };
/** Times that a word counts; `word_entries` tells no more. */
const MOST_TIMES = 5;
/** Chunks of one word that are looked at: a bound for what the counts did not foresee. */
const MOST_OF_A_WORD = 20_000;
/** Found chunks beyond those asked for, in which words that found nothing by themselves may still change the order. */
const SPARE = 50;

/**
 * The chunks that hold words of the text, by BM25, the best first; with `group: "document"` one for each document, its
 * best. Words are compared in the form that the collection's language gives them.
 * @param known of this collection; see `makeWordKnowledge`
 * @throws PolysemeError `unavailable` with `details.moved` when the collection has another live generation by now
 */
export async function searchWords(
  database: Reader,
  collection: Collection,
  query: WordQuery,
  { counts, isIndexed }: KnownWords,
): Promise<Hit[]> {
  const { rows } = await database.query<{ entries: string[] }>(
    `select ${wordEntries(textConfig(collection.language), "$1::text")} as entries`,
    [query.text],
  );
  const words = planWords(rows[0]?.entries ?? [], counts);
  if (words.length === 0) return [];
  // Without an index all chunks are read anyway, so every word may find.
  const wanted = isIndexed ? words : words.map((word) => ({ ...word, holders: undefined, finds: true }));
  const { k, group, filter } = query;
  const read = (limit: number): Promise<Hit[]> =>
    bestChunks(database, collection, { wanted, counts, isIndexed, limit, filter });
  const firstLimit = k + SPARE;
  return group === "chunk" ? (await read(firstLimit)).slice(0, k) : bestOfDocuments({ k, firstLimit }, read);
}

interface Scan extends KnownWords {
  readonly wanted: readonly WantedWord[];
  readonly limit: number;
  readonly filter: Filter | undefined;
}

async function bestChunks(database: Reader, collection: Collection, scan: Scan): Promise<Hit[]> {
  const params: unknown[] = [];
  return readHits(database, collection, {
    parts: bestParts(collection, scan, givenInto(params)),
    scored: `(
         select b.score, c.document_id, c.ordinal, c.start_offset, c.end_offset, c.text
         from best b join ${chunkTable(collection.id, collection.generation.number)} c on c.ctid = b.at
       )`,
    params,
  });
}

/** Parts of a `with` that end in `best (at, score)`: places of chunks, which hold within one statement. */
function bestParts(collection: Collection, { wanted, counts, isIndexed, limit, filter }: Scan, given: Given): string {
  const table = chunkTable(collection.id, collection.generation.number);
  const entriesOf = (text: string): string => wordEntries(textConfig(collection.language), text);
  const levels = wanted.flatMap(({ entry, finds, holders }, word) =>
    Array.from({ length: MOST_TIMES }, (_, i) => ({
      entry: i === 0 ? entry : `${entry}*${i + 1}`,
      word,
      level: i + 1,
      finds,
      holders,
    })),
  );
  const chunks = given(counts.chunks, "float8");
  const slope = given((BM25.k1 * BM25.b) / counts.meanBytes, "float8");
  // What a word that is there `level` times adds to what it adds `level - 1` times, times its rarity: a sum over its levels
  // is BM25's term.
  const gain = (of: string, bytes: string): string => {
    const held = `(${BM25.k1 * (1 - BM25.b)} + ${slope} * ${bytes})`;
    return `${BM25.k1 + 1} * (${of}.level / (${of}.level + ${held}) - (${of}.level - 1) / (${of}.level - 1 + ${held}))`;
  };
  const rarity = (holders: string): string =>
    `ln(1 + (greatest(${chunks}, ${holders}) - ${holders} + 0.5) / (${holders} + 0.5))`;
  const parts = [
    `wanted as materialized (
       select * from unnest(${given(
         levels.map(({ entry }) => entry),
         "text[]",
       )}, ${given(
         levels.map(({ word }) => word),
         "int[]",
       )},
         ${given(
           levels.map((one) => one.level),
           "float8[]",
         )}, ${given(
           levels.map(({ finds }) => finds),
           "bool[]",
         )},
         ${given(
           levels.map(({ holders }) => holders ?? null),
           "float8[]",
         )}) as w(entry, word, level, finds, holders)
     )`,
    isIndexed ? foundByIndex(table, entriesOf) : foundByReading(table, entriesOf),
    "held as (select word, count(*)::float8 as holders from found where level = 1 group by word)",
    `scored as (
       select f.at, f.bytes, ${rounded(`sum(${rarity("h.holders")} * ${gain("f", "f.bytes")})`)} as score
       from found f join held h using (word) group by f.at, f.bytes
     )`,
    ...(filter === undefined ? [] : [matching(collection, filterCondition(filter, "d.metadata", given))]),
    `top as (select * from ${filter === undefined ? "scored" : "matching"} order by score desc, at limit ${given(limit, "int")})`,
  ];
  if (wanted.every(({ finds }) => finds)) return [...parts, "best as (select at, score from top)"].join(", ");
  return [
    ...parts,
    `best as (
       select t.at, t.score + coalesce((
         select ${rounded(`sum(${rarity("w.holders")} * ${gain("w", "t.bytes")})`)} from wanted w
         where not w.finds and w.entry = any (e.entries)
       ), 0) as score
       from top t cross join lateral (
         select ${entriesOf("c.text")} as entries from ${table} c where c.ctid = t.at offset 0
       ) e
     )`,
  ].join(", ");
}

/** In whatever order its parts were added, a sum is the same: hits of equal score stay equal from page to page. */
function rounded(sum: string): string {
  return `round(${sum} * 1e9) / 1e9`;
}

/** What was found, less what the filter leaves out; each looked up by itself. */
function matching({ id, generation }: Collection, condition: string): string {
  return `matching as (
       select s.* from scored s cross join lateral (
         select c.document_id from ${chunkTable(id, generation.number)} c where c.ctid = s.at offset 0
       ) c cross join lateral (
         select 1 from polyseme_store.documents d where d.collection_id = ${id} and d.id = c.document_id and ${condition} offset 0
       ) m
     )`;
}

/** One bitmap of the index for each entry. */
function foundByIndex(table: string, entriesOf: (text: string) => string): string {
  return `found as materialized (
       select w.word, w.level, c.at, c.bytes from wanted w cross join lateral (
         select c.ctid as at, octet_length(c.text) as bytes from ${table} c
         where ${entriesOf("c.text")} @> array[w.entry] limit ${MOST_OF_A_WORD}
       ) c where w.finds
     )`;
}

/** The words of all chunks are made anew. */
function foundByReading(table: string, entriesOf: (text: string) => string): string {
  return `found as materialized (
       select w.word, w.level, c.at, c.bytes from (
         select ctid as at, octet_length(text) as bytes, ${entriesOf("text")} as entries from ${table} offset 0
       ) c join wanted w on w.entry = any (c.entries)
     )`;
}
