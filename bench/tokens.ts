import type { CollectionSettings } from "@polyseme/client";
import { chunkTable, tokenTable } from "@polyseme/store";
import pg from "pg";
import { choiceOption, numberOption, type BenchContext, type Benchmark } from "./context.ts";
import { cpuBetween, postgresCpu, processCpu, readCpu } from "./cpu-time.ts";
import { runPipeline } from "./pipeline-run.ts";
import type { Figure } from "./report.ts";
import { startServices, type Services } from "./services.ts";
import { isShort, SHORT } from "./support/short.ts";
import { pooledSenseFigures } from "./support/pooled-senses.ts";
import { corporaIn, readCorpus } from "./texts.ts";

const RUNS = 3;
const LEAST_SHARE = 0.8;
const POOLED_BYTES = { aDimension: 0.5, more: 24 } as const;
/** Models are loaded and plans are made before the clock starts. */
const WARM_UP_DOCUMENTS = 100;

/** What a collection may keep; the first is what the others are compared with. */
const NONE = "none";
const WAYS = {
  int8: { tokenVectors: "int8" },
  half: { tokenVectors: "half" },
  "int8 pooled by 2": { tokenVectors: "int8", tokenPooling: 2 },
  "int8 pooled by 3": { tokenVectors: "int8", tokenPooling: 3 },
  "late int8": { tokenVectors: "int8", lateChunking: true },
} as const satisfies Record<string, CollectionSettings>;
const NAMES = Object.keys(WAYS) as (keyof typeof WAYS)[];
type Way = typeof NONE | keyof typeof WAYS;

/** What storing token vectors costs the pipeline and the disk. */
export const benchTokens: Benchmark = {
  about:
    "the pipeline and the store with token vectors: tokens/s against none, bytes a token, senses told apart when pooled",
  options: {
    ...SHORT,
    documents: { type: "string", help: "how many documents are pushed (default: 1000)" },
    ways: { type: "string", help: `of ${NAMES.join(", ")}; several with commas (default: all)` },
    senses: { type: "string", help: "labelled uses of words (default: test/fixtures/senses.jsonl)" },
  },
  async run(context) {
    const limit = numberOption(context, "documents", isShort(context) ? 250 : 1_000);
    const [corpus = "sample"] = corporaIn(context.sharedDir);
    const documents = readCorpus(context.sharedDir, corpus, limit);
    context.log(`${documents.length} documents of ${corpus}`);
    const stack = await startServices(context);
    const client = new pg.Client({ connectionString: stack.environment.DATABASE_URL });
    await client.connect();
    try {
      const measured = await measure(context, stack, client, documents);
      return [...figuresOf(measured), ...(await pooledSenseFigures(context))];
    } finally {
      await client.end();
      await stack.stop();
    }
  },
};

interface Sizes {
  readonly dimensions: number;
  readonly tokens: number;
  readonly units: number;
  readonly rows: number;
  /** Of the packed values as they lie in the table. */
  readonly packedBytes: number;
  /** Of the table with its indexes and all that lies beside it. */
  readonly tableBytes: number;
}

interface Measured {
  readonly seconds: number;
  /** Of the services and Postgres; other work on the machine hardly changes it. */
  readonly cpuSeconds: number;
  readonly sizes: Sizes;
}

/** Every way once a round, each round beginning with another one: the machine drifts. */
async function measure(
  context: BenchContext,
  { ingest, api, embedders }: Services,
  client: pg.Client,
  documents: readonly { readonly id: string; readonly text: string }[],
): Promise<Map<string, Measured[]>> {
  const ends = { ingest, api };
  const cpuSources = {
    Postgres: postgresCpu(await context.servers()),
    ...Object.fromEntries([ingest, api, ...embedders].map(({ pid }) => [String(pid), processCpu(pid)])),
  };
  const ways: readonly Way[] = [NONE, ...choiceOption(context, "ways", NAMES)];
  const settingsOf = (way: Way): CollectionSettings => (way === NONE ? {} : WAYS[way]);
  await runPipeline(ends, documents.slice(0, WARM_UP_DOCUMENTS), { settings: { tokenVectors: "int8" } });
  const measured = new Map<string, Measured[]>(ways.map((name) => [name, []]));
  for (let round = 0; round < (context.runs ?? RUNS); round += 1)
    for (let turn = 0; turn < ways.length; turn += 1) {
      const name = ways[(round + turn) % ways.length] ?? NONE;
      let sizes: Sizes | undefined;
      let cpuSeconds = NaN;
      const before = await readCpu(cpuSources);
      const { seconds } = await runPipeline(ends, documents, {
        settings: settingsOf(name),
        look: async (collection) => {
          const used = cpuBetween(before, await readCpu(cpuSources));
          cpuSeconds = Object.values(used).reduce((sum, seconds) => sum + seconds, 0);
          sizes = await readSizes(client, collection, name !== NONE);
        },
      });
      if (sizes === undefined) throw new Error("The collection was not looked at");
      measured.get(name)?.push({ seconds, cpuSeconds, sizes });
      context.log(`${name}: ${Math.round(sizes.tokens / seconds)} tokens/s`);
    }
  return measured;
}

/** How many units and rows a packed value has stands in its head: see packed-tokens.ts. */
const littleEndian = (at: number): string =>
  [0, 1, 2, 3].map((byte) => `(get_byte(token_units, ${at + byte})::bigint << ${8 * byte})`).join(" + ");

async function readSizes(client: pg.Client, collection: string, hasTokens: boolean): Promise<Sizes> {
  const found = await client.query<{ id: number; number: number; dimensions: number }>(
    `select c.id, g.number, g.dimensions from polyseme_store.collections c
     join polyseme_store.generations g on g.collection_id = c.id and g.number = c.live_generation where c.name = $1`,
    [collection],
  );
  const [live] = found.rows;
  if (live === undefined) throw new Error("The collection is gone");
  const [table, tokens] = [chunkTable(live.id, live.number), tokenTable(live.id, live.number)];
  const packed = hasTokens
    ? `sum(pg_column_size(token_units)) + (select sum(pg_column_size(tokens)) from ${tokens}) as packed,
         sum(${littleEndian(4)}) as units, sum(${littleEndian(8)}) as rows`
    : "0 as packed, 0 as units, 0 as rows";
  const { rows } = await client.query<Record<"tokens" | "packed" | "units" | "rows" | "whole", string>>(
    `select sum(token_count) as tokens, ${packed}, pg_total_relation_size('${table}')
       ${hasTokens ? `+ pg_total_relation_size('${tokens}')` : ""} as whole from ${table}`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("The table has no rows");
  return {
    dimensions: live.dimensions,
    tokens: Number(row.tokens),
    units: Number(row.units),
    rows: Number(row.rows),
    packedBytes: Number(row.packed),
    tableBytes: Number(row.whole),
  };
}

function figuresOf(measured: ReadonlyMap<string, readonly Measured[]>): Figure[] {
  const none = measured.get(NONE) ?? [];
  const figures: Figure[] = [];
  for (const [name, runs] of measured) {
    const [first] = runs;
    if (first === undefined) continue;
    // Late chunks count no special tokens, so the tokens of one way stand for all.
    const rates = runs.map(({ seconds }, round) => (none[round]?.sizes.tokens ?? NaN) / seconds);
    figures.push({ name: `${name}: pipeline`, unit: "tokens/s", values: rates });
    if (name === NONE) {
      figures.push(each(`${name}: table and indexes`, "bytes a token", runs, (s) => s.tableBytes / s.tokens));
      continue;
    }
    figures.push(
      {
        name: `${name}: pipeline ÷ without`,
        unit: "of the rates",
        values: runs.map(({ seconds }, round) => (none[round]?.seconds ?? NaN) / seconds),
        kind: "ratio",
        ...(name === "int8" ? { reach: { atLeast: LEAST_SHARE } } : { better: "higher" }),
      },
      {
        name: `${name}: CPU without ÷ CPU`,
        unit: "of the seconds",
        values: runs.map(({ cpuSeconds }, round) => (none[round]?.cpuSeconds ?? NaN) / cpuSeconds),
        kind: "ratio",
        better: "higher",
      },
      {
        ...each(`${name}: packed`, "bytes a token", runs, (s) => s.packedBytes / s.tokens),
        ...(name === "int8 pooled by 2"
          ? { reach: { atMost: POOLED_BYTES.aDimension * first.sizes.dimensions + POOLED_BYTES.more } }
          : { better: "lower" }),
      },
      each(`${name}: packed`, "bytes a word or sign", runs, (s) => s.packedBytes / s.units),
      each(`${name}: words and signs`, "a vector", runs, (s) => s.units / s.rows),
      each(`${name}: table and indexes`, "bytes a token", runs, (s) => s.tableBytes / s.tokens),
    );
  }
  return figures;
}

function each(name: string, unit: string, runs: readonly Measured[], of: (sizes: Sizes) => number): Figure {
  return { name, unit, values: runs.map(({ sizes }) => of(sizes)), better: "lower" };
}
