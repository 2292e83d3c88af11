import { availableParallelism } from "node:os";
import {
  COMBINATION_OPTIONS,
  combinationsOf,
  sweep,
  withRawEncoder,
  type Combination,
  type RawWay,
} from "./combinations.ts";
import { loadOf } from "./chunks.ts";
import type { BenchContext, Benchmark } from "./context.ts";
import { cpuBetween, postgresCpu, processCpu, readCpu, redisCpu, type CpuSeconds, type CpuSource } from "./cpu-time.ts";
import { countersBetween, readCounters, runPipeline, type EncoderCounters, type PipelineRun } from "./pipeline-run.ts";
import { nameOf } from "./raw-encoder.ts";
import type { Figure } from "./report.ts";
import { startEmbedded, startServices, type ServiceCaller } from "./services.ts";

const RUNS = 3;
const SHARE_OF_CEILING = 0.95;
const PADDING_WASTE = 0.05;
/** Of a load, how much the search for the best way to run the raw encoder and the warm-up take. */
const SLICE = 0.25;

export const benchPipeline: Benchmark = {
  about: "documents pushed by HTTP until all are stored, against the encoder's ceiling on the very same chunks",
  options: {
    ...COMBINATION_OPTIONS,
    "batch-tokens": { type: "string", help: "padded tokens of the embedder's batches (default: it measures them)" },
    embedded: { type: "boolean", help: "on the embedded stack instead of three processes, Postgres and Redis" },
  },
  async run(context) {
    const figures: Figure[] = [];
    for (const combination of await combinationsOf(context))
      figures.push(...figuresOf(context, combination, await measure(context, combination)));
    return figures;
  },
};

/** A stack that is ready, and who in it uses the cores. */
interface Stack {
  readonly ingest: ServiceCaller;
  readonly api: ServiceCaller;
  readonly embedder: ServiceCaller;
  readonly cpuSources: Readonly<Record<string, CpuSource>>;
  readonly stop: () => Promise<unknown>;
}

interface Measured {
  readonly run: PipelineRun;
  readonly counters: EncoderCounters;
  readonly cpu: CpuSeconds;
  /** The mean of the ceilings right before and right after, as the machine drifts. */
  readonly ceiling: number;
}

interface Measurement {
  readonly way: RawWay;
  readonly ceilings: readonly number[];
  /** CPU seconds a second that the waiting stack took from each ceiling. */
  readonly idleCores: readonly number[];
  readonly runs: readonly Measured[];
}

/** Ceiling, pipeline, ceiling, pipeline, ceiling ... on one stack. */
async function measure(context: BenchContext, combination: Combination): Promise<Measurement> {
  const { name, folder, load } = combination;
  const stack = await startStack(context, folder);
  const slice = loadOf(load.documents, load.planned, load.tokens * SLICE);
  await runPipeline(stack, slice.documents);
  const way = await bestWay(folder, slice.chunks);
  context.log(`${name}: raw encoder at its best with ${way.budgetTokens} tokens a batch, ${nameOf(way.setup)}`);

  const ceilings: number[] = [];
  const idleCores: number[] = [];
  const measureCeiling = async (): Promise<number> => {
    const rate = await withRawEncoder(folder, way.setup, async (encoder) => {
      const before = await readCpu(stack.cpuSources);
      const started = performance.now();
      const measured = await encoder.measure(load.chunks, way.budgetTokens);
      const seconds = (performance.now() - started) / 1_000;
      idleCores.push(sum(Object.values(cpuBetween(before, await readCpu(stack.cpuSources)))) / seconds);
      return measured;
    });
    ceilings.push(rate);
    context.log(`${name}: ceiling ${Math.round(rate)} tokens/s`);
    return rate;
  };

  const runs: Measured[] = [];
  let before = await measureCeiling();
  for (let index = 0; index < (context.runs ?? RUNS); index += 1) {
    const measured = await measurePipeline(stack, load);
    context.log(`${name}: pipeline ${Math.round(rateOf(measured.run))} tokens/s`);
    const after = await measureCeiling();
    runs.push({ ...measured, ceiling: (before + after) / 2 });
    before = after;
  }
  await stack.stop();
  return { way, ceilings, idleCores, runs };
}

async function measurePipeline(stack: Stack, load: Combination["load"]): Promise<Omit<Measured, "ceiling">> {
  const sources = { ...stack.cpuSources, "this benchmark": processCpu(process.pid) };
  const [cpuBefore, countersBefore] = [await readCpu(sources), await readCounters([stack.embedder])];
  const run = await runPipeline(stack, load.documents);
  const [cpuAfter, countersAfter] = [await readCpu(sources), await readCounters([stack.embedder])];
  // A ceiling on other tokens would be a ceiling of something else.
  if (run.tokens !== load.tokens)
    throw new Error(`The pipeline made ${run.tokens} tokens of the documents, the ceiling runs ${load.tokens}`);
  return { run, cpu: cpuBetween(cpuBefore, cpuAfter), counters: countersBetween(countersBefore, countersAfter) };
}

async function bestWay(folder: string, chunks: readonly Int32Array[]): Promise<RawWay> {
  let best: { way: RawWay; rate: number } | undefined;
  await sweep(folder, chunks, 1, (way, rate) => {
    if (best === undefined || rate > best.rate) best = { way, rate };
  });
  if (best === undefined) throw new Error("No way to run the raw encoder was tried");
  return best.way;
}

async function startStack(context: BenchContext, folder: string): Promise<Stack> {
  const batchTokens = context.options["batch-tokens"];
  const settings = {
    POLYSEME_MODEL: folder,
    ...(typeof batchTokens === "string" ? { POLYSEME_BATCH_TOKENS: batchTokens } : {}),
  };
  if (context.options["embedded"] === true) {
    const all = await startEmbedded(context, settings);
    const cpuSources = { "the one process": processCpu(all.pid) };
    return { ingest: all, api: all, embedder: all, cpuSources, stop: all.stop };
  }
  const urls = await context.servers();
  const { ingest, api, embedders, stop } = await startServices(context, { settings });
  const [embedder] = embedders;
  if (embedder === undefined) throw new Error("No embedder was started");
  const cpuSources = {
    embedder: processCpu(embedder.pid),
    ingest: processCpu(ingest.pid),
    api: processCpu(api.pid),
    Postgres: postgresCpu(urls),
    Redis: redisCpu(urls),
  };
  return { ingest, api, embedder, cpuSources, stop };
}

function figuresOf(context: BenchContext, { name, corpus }: Combination, measurement: Measurement): Figure[] {
  const { way, ceilings, idleCores, runs } = measurement;
  const figure = (
    what: string,
    unit: string,
    of: (measured: Measured) => number,
    more: Partial<Figure> = {},
  ): Figure => ({
    name: `${name}: ${what}`,
    unit,
    values: runs.map(of),
    ...more,
  });
  const cores = availableParallelism();
  const embedded = context.options["embedded"] === true;
  return [
    figure("pipeline ÷ ceiling", "of the rates", ({ run, ceiling }) => rateOf(run) / ceiling, {
      kind: "ratio",
      ...(embedded ? { better: "higher" } : { reach: { atLeast: SHARE_OF_CEILING } }),
    }),
    figure("padding waste", "padded ÷ real - 1", ({ counters: c }) => c.paddedTokens / c.realTokens - 1, {
      kind: "ratio",
      ...(corpus === "tldr" ? { reach: { atMost: PADDING_WASTE } } : { better: "lower" }),
    }),
    figure(
      "batches ÷ ceiling",
      "of the rates while threads encode",
      ({ counters: c, ceiling }) => ((c.realTokens / c.encodeSeconds) * cores) / ceiling,
      { kind: "ratio" },
    ),
    figure(
      "encoder threads at work",
      "of the time",
      ({ run, counters }) => counters.encodeSeconds / cores / run.seconds,
      {
        kind: "ratio",
      },
    ),
    figure("pipeline", "tokens/s", ({ run }) => rateOf(run)),
    {
      name: `${name}: ceiling (${way.budgetTokens} tokens a batch, ${nameOf(way.setup)})`,
      unit: "tokens/s",
      values: ceilings,
    },
    figure("tokens a batch", "tokens", ({ counters: c }) => c.realTokens / c.runs),
    figure("time, first byte to all stored", "s", ({ run }) => run.seconds),
    figure("of it until the push was answered", "s", ({ run }) => run.pushSeconds),
    figure("claims, summed", "s", ({ counters }) => counters.claimSeconds),
    figure("writes, summed", "s", ({ counters }) => counters.writeSeconds),
    ...Object.keys(runs[0]?.cpu ?? {}).map((who) =>
      figure(`CPU of ${who}`, "cores", ({ run, cpu }) => (cpu[who] ?? NaN) / run.seconds),
    ),
    { name: `${name}: CPU of the waiting stack during the ceiling`, unit: "cores", values: idleCores },
  ];
}

function rateOf({ tokens, seconds }: PipelineRun): number {
  return tokens / seconds;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
