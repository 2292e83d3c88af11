import { COMBINATION_OPTIONS, combinationsOf, sweep, type Combination, type RawWay } from "./combinations.ts";
import type { BenchContext, Benchmark } from "./context.ts";
import { nameOf } from "./raw-encoder.ts";
import { median, type Figure } from "./report.ts";

const RUNS = 3;

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
  const figures: Figure[] = [];
  const best = new Map<string, number>();
  for (const combination of await combinationsOf(context)) {
    const measured = await measureWays(context, combination);
    const bestWay = measured.reduce((a, b) => (median(b.values) > median(a.values) ? b : a));
    best.set(combination.name, median(bestWay.values));
    figures.push(...measured, { ...bestWay, name: `${combination.name}: best (${bestWay.way})` });
  }
  return [...figures.map(({ name, unit, values }) => ({ name, unit, values })), ...precisionRatios(best)];
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
