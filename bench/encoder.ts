import { availableParallelism } from "node:os";
import { COMBINATION_OPTIONS, combinationsOf, sweep, type Combination, type RawWay } from "./combinations.ts";
import type { BenchContext, Benchmark } from "./context.ts";
import { nameOf } from "./raw-encoder.ts";
import { median, type Figure } from "./report.ts";
import { productRate, productsAToken } from "./support/product-rate.ts";

const RUNS = 3;
const GIGA = 1e9;

/**
 * The ceiling: raw onnxruntime-node on the pipeline's chunks, tokenised, sorted by length and padded beforehand, with
 * nothing else at work.
 */
export const benchEncoder: Benchmark = {
  about: "the ceiling: raw onnxruntime-node on length-sorted batches, by batch budget and thread set-up",
  options: COMBINATION_OPTIONS,
  run: runEncoder,
};

async function runEncoder(context: BenchContext): Promise<Figure[]> {
  const figures: (Figure & { way?: string })[] = [];
  const best = new Map<string, number>();
  for (const combination of await combinationsOf(context)) {
    const measured = await measureWays(context, combination);
    const bestWay = measured.reduce((a, b) => (median(b.values) > median(a.values) ? b : a));
    best.set(combination.name, median(bestWay.values));
    figures.push(...measured, { ...bestWay, name: `${combination.name}: best (${bestWay.way})` });
    figures.push(...(await shareOfLimit(context, combination, median(bestWay.values))));
  }
  return [...figures.map(({ way: _, ...figure }) => figure), ...precisionRatios(best)];
}

async function measureWays(
  context: BenchContext,
  { name, folder, load }: Combination,
): Promise<(Figure & { way: string })[]> {
  const rates = new Map<string, number[]>();
  await sweep(folder, load.chunks, context.runs ?? RUNS, (way, rate) => {
    rates.set(wayName(way), [...(rates.get(wayName(way)) ?? []), rate]);
    context.log(`${name}, ${wayName(way)}: ${Math.round(rate)} tokens/s`);
  });
  return [...rates].map(([way, values]) => ({ name: `${name}: ${way}`, unit: "tokens/s", values, way }));
}

/** What the machine does with such products and nothing else, and how much of it is left with a model around them. */
async function shareOfLimit(
  context: BenchContext,
  { name, folder, model }: Combination,
  tokensPerSecond: number,
): Promise<Figure[]> {
  const rates: number[] = [];
  for (let run = 0; run < (context.runs ?? RUNS); run += 1)
    rates.push(await productRate(folder, model, availableParallelism()));
  const reached = tokensPerSecond * (await productsAToken(folder));
  return [
    { name: `${name}: products alone`, unit: "G multiply-adds/s", values: rates.map((rate) => rate / GIGA) },
    { name: `${name}: best ÷ products alone`, unit: "of the rates", values: [reached / median(rates)], kind: "ratio" },
  ];
}

/** int8 ÷ fp32 on each corpus that was run with both, each at its best. */
function precisionRatios(best: ReadonlyMap<string, number>): Figure[] {
  return [...best].flatMap(([name, int8]) => {
    const corpus = /^(.*) int8$/.exec(name)?.[1];
    const fp32 = corpus === undefined ? undefined : best.get(`${corpus} fp32`);
    if (corpus === undefined || fp32 === undefined) return [];
    return [{ name: `${corpus}: int8 ÷ fp32`, unit: "of the rates", values: [int8 / fp32], kind: "ratio" as const }];
  });
}

function wayName({ setup, budgetTokens }: RawWay): string {
  return `${budgetTokens} tokens a batch, ${nameOf(setup)}`;
}
