import { planDocuments } from "./chunks.ts";
import { withRawEncoder } from "./combinations.ts";
import type { BenchContext, Benchmark } from "./context.ts";
import { modelFolder } from "./models.ts";
import { median, type Figure } from "./report.ts";
import { lineTemplates, type LineTemplate } from "./support/documents.ts";
import {
  interleaved,
  ledgerNow,
  pushStream,
  steadyRate,
  waitStored,
  wholeRate,
  type StoredAt,
} from "./support/load.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withStage } from "./support/stage.ts";
import { pushTexts } from "./support/texts-push.ts";
import { corporaIn, readCorpus } from "./texts.ts";

/** What one worker's batch sleeps in the simulation. */
const BATCH_MS = 50;
const WORKERS = { one: 1, many: 8 } as const;
const WITHIN_MS = 300_000;
/** Near the length of a tldr page. */
const DOCUMENT_BYTES = 700;

interface Rates {
  /** From the push until the last one is stored. */
  readonly whole: number;
  /** While 10 to 90 % of the documents were stored: without the start and the last batches. */
  readonly steady: number;
}

/** Padded tokens of a raw batch; the best of 256 to 2,048 on the machines this was written on, by little. */
const RAW_BUDGET = 512;
const WARM_UP_CHUNKS = 50;

/** Whether adding workers adds speed: real ones on two cores, and sleeping ones for more workers than there are cores. */
export const benchScale: Benchmark = {
  about: "two one-thread workers against one, and eight sleeping workers against one",
  options: SHORT,
  async run(context) {
    const rounds = context.runs ?? (isShort(context) ? 1 : 3);
    const pages = isShort(context) ? 300 : 800;
    const real = await interleaved(context, rounds, ["1 raw", "1", "2 raw", "2"], (who) =>
      who.endsWith("raw") ? runRaw(context, Number.parseInt(who), pages) : runReal(context, Number(who), pages),
    );
    const templates = lineTemplates(context, DOCUMENT_BYTES, DOCUMENT_BYTES / 2);
    const seconds = isShort(context) ? 6 : 15;
    const asleep = await interleaved(context, rounds, ["one", "many"], (size) =>
      runAsleep(context, WORKERS[size], templates, seconds),
    );
    return [
      ...figuresOf("real, 1 worker, 1 thread", real["1"], "tokens/s"),
      ...figuresOf("real, 2 workers, 1 thread each", real["2"], "tokens/s"),
      ratio("real: 2 workers ÷ 1", real["2"], real["1"], 1.85),
      // Cores that share caches and memory do not give twice the tokens, whatever is around the encoder.
      ratio("raw onnxruntime: 2 threads ÷ 1", real["2 raw"], real["1 raw"]),
      ...figuresOf(`${BATCH_MS} ms asleep a batch, 1 worker`, asleep.one, "documents/s"),
      ...figuresOf(`${BATCH_MS} ms asleep a batch, 8 workers`, asleep.many, "documents/s"),
      ratio("asleep: 8 workers ÷ 1", asleep.many, asleep.one, 7.5),
    ];
  },
};

async function runReal(context: BenchContext, workers: number, pages: number): Promise<Rates> {
  const [corpus = "sample"] = corporaIn(context.sharedDir);
  const documents = readCorpus(context.sharedDir, corpus, pages);
  return withStage(context, async (stage) => {
    const ingest = await stage.start("ingest");
    await Promise.all(
      Array.from({ length: workers }, () => stage.start("embedder", { POLYSEME_ENCODER_THREADS: "1" })),
    );
    const startedMs = await ledgerNow(stage.databaseUrl);
    await pushTexts(ingest.url, "real", documents);
    const seen = await waitStored(stage.databaseUrl, "real", documents.length, WITHIN_MS);
    return ratesOf(seen, startedMs, "tokens");
  });
}

/** Tokens a second of the runtime alone, in one worker thread or two. */
async function runRaw(context: BenchContext, threads: number, pages: number): Promise<Rates> {
  const [corpus = "sample"] = corporaIn(context.sharedDir);
  const folder = await modelFolder(context, "int8");
  const chunks = (await planDocuments(folder, readCorpus(context.sharedDir, corpus, pages))).flat();
  return withRawEncoder(folder, { workers: threads, intraOp: 1 }, async (encoder) => {
    await encoder.measure(chunks.slice(0, WARM_UP_CHUNKS), RAW_BUDGET);
    const rate = await encoder.measure(chunks, RAW_BUDGET);
    return { whole: rate, steady: rate };
  });
}

/** Documents for so many seconds, of which every worker has its share; words for tokens, as the cores are few. */
async function runAsleep(
  context: BenchContext,
  workers: number,
  templates: readonly LineTemplate[],
  seconds: number,
): Promise<Rates> {
  return withStage(context, async (stage) => {
    const ingest = await stage.start("ingest");
    // One after the other: all at once they would take longer to start than a start may take.
    for (let i = 0; i < workers; i += 1)
      await stage.start("instant-embedder", { BENCH_TOKENIZER: "words", BENCH_BATCH_MS: String(BATCH_MS) });
    const documents = seconds * workers * DOCUMENTS_A_SECOND;
    const startedMs = await ledgerNow(stage.databaseUrl);
    await pushStream(ingest.url, "asleep", templates, documents);
    const seen = await waitStored(stage.databaseUrl, "asleep", documents, WITHIN_MS);
    return ratesOf(seen, startedMs, "documents");
  });
}

function ratesOf(seen: readonly StoredAt[], startedMs: number, unit: "documents" | "tokens"): Rates {
  return { whole: wholeRate(seen, startedMs, unit), steady: steadyRate(seen, unit, { from: 0.1, to: 0.9 }) };
}

/** A sleeping worker's, about: 1,024 tokens a batch, some 130 a document. */
const DOCUMENTS_A_SECOND = 150;

function figuresOf(name: string, runs: readonly Rates[], unit: string): Figure[] {
  return [
    { name: `${name}, push until stored`, unit, values: runs.map(({ whole }) => whole) },
    { name: `${name}, steady`, unit, values: runs.map(({ steady }) => steady) },
  ];
}

/** Of the steady rates, round by round: more workers also have more batches in hand when the queue runs dry. */
function ratio(name: string, many: readonly Rates[], one: readonly Rates[], atLeast?: number): Figure {
  const base = median(one.map(({ steady }) => steady));
  const values = many.map(({ steady }, round) => steady / (one[round]?.steady ?? base));
  return {
    name,
    unit: "steady rate ÷ steady rate",
    values,
    kind: "ratio",
    ...(atLeast === undefined ? {} : { reach: { atLeast } }),
  };
}
