import { countsTensor, floatTensor, standardNode } from "../model-tensor.ts";
import type { ModelNode, ModelTensor, OnnxModel } from "../onnx-model.ts";
import type { ProductGroup } from "./find-products.ts";
import { measureTexts, type MeasureOptions, type Measuring } from "./measure-texts.ts";
import { LAST_AXIS, reduceLastAxis } from "./reduce-last-axis.ts";

/** How activations become uint8. */
export interface Steps {
  /** What stands for zero. */
  readonly zero: number;
  /** One for every row; undefined: each row has its own, found at run time. */
  readonly scale: number | undefined;
  /**
   * What a row's own scale is at least, so that numbers below zero fit: for a zero off the middle, where they are small and
   * hardly differ, and only a row's largest number has to be looked for. undefined: its least number is looked for too.
   */
  readonly leastScale?: number | undefined;
}

/** Steps of uint8. */
const STEPS = 255;
/** As many steps below zero as above, but for one. */
export const EVEN_ZERO = 128;
/** Zero points tried. What is left for negative numbers is never nothing: other texts may have larger ones. */
const TRIED = [16, 24, 32, 40, 48, 64, 80, 96, 112, EVEN_ZERO];
/** A zero point off the middle must make a row's steps at least this much finer. */
const LEAST_GAIN = 0.05;
/** Beyond the largest value seen: other texts may have larger ones, and what is cut off harms more than wider steps. */
const HEADROOM = 1.05;
/**
 * One scale for all rows is taken where the squares of its rounding errors are at most this many times those at each row's
 * own, on average: no row's ends are looked for then, and nothing is scaled back. MiniLM, smoothed: 4 to 8 behind
 * norms and attention, 12 to 25 before the first feed-forward products, 70 to 150 behind GELUs. At 16 its mean cosine is
 * 0.9989, at 26 0.9986.
 */
const MOST_ERROR = 12;

export const EVEN_STEPS: Steps = { zero: EVEN_ZERO, scale: undefined };

export const stepsAbove = (zero: number): number => STEPS - zero;
/** The even zero has a step more below, which is left unused. */
export const stepsBelow = (zero: number): number => Math.min(zero, EVEN_ZERO - 1);

/** The scale at which a row from `least` to `most` fits into uint8 around that zero. */
function rowScale(least: number, most: number, zero: number): number {
  return Math.max(most / stepsAbove(zero), -least / stepsBelow(zero));
}

/**
 * The zero point at which the rows of each group have the finest steps on average. What comes out of a GELU is hardly ever
 * below -0.17, so an even one would leave half of its steps unused. And one scale for all rows where they are much alike.
 * @param smoothing by the groups' inputs: what each channel is divided by
 * @param largest by the groups' inputs: each channel's largest magnitude, over more texts than these
 * @returns by the groups' inputs
 */
export async function findSteps(
  model: OnnxModel,
  groups: readonly ProductGroup[],
  smoothing: ReadonlyMap<string, Float32Array>,
  largest: ReadonlyMap<string, Float32Array>,
  texts: readonly Int32Array[],
  options: MeasureOptions,
): Promise<Map<string, Steps>> {
  if (groups.length === 0) return new Map();
  const seen = new Map<string, RowEnds>(groups.map(({ input }) => [input, { least: [], most: [] }]));
  for await (const valuesOf of measureTexts(model, rowEnds(model, groups, smoothing), texts, options))
    for (const [input, { least, most }] of seen) {
      least.push(...valuesOf(leastOf(input)));
      most.push(...valuesOf(mostOf(input)));
    }
  return new Map(
    groups.map(({ input }) => {
      const factors = smoothing.get(input);
      const magnitudes = (largest.get(input) ?? new Float32Array()).map((one, at) => one / (factors?.[at] ?? 1));
      return [input, stepsOf(seen.get(input) ?? { least: [], most: [] }, magnitudes)];
    }),
  );
}

/** The least and the largest value of each row. */
interface RowEnds {
  readonly least: number[];
  readonly most: number[];
}

function rowEnds(
  model: OnnxModel,
  groups: readonly ProductGroup[],
  smoothing: ReadonlyMap<string, Float32Array>,
): Measuring {
  const tensors = new Map<string, ModelTensor>();
  const nodes: ModelNode[] = [];
  tensors.set(LAST_AXIS, countsTensor(-1));
  for (const { input, rows } of groups) {
    const factors = smoothing.get(input) ?? new Float32Array(rows).fill(1);
    tensors.set(
      `${input}::inverse`,
      floatTensor(
        [rows],
        factors.map((factor) => 1 / factor),
      ),
    );
    nodes.push(
      standardNode("Mul", [input, `${input}::inverse`], `${input}::smooth`),
      reduceLastAxis(model, "ReduceMax", `${input}::smooth`, mostOf(input)),
      reduceLastAxis(model, "ReduceMin", `${input}::smooth`, leastOf(input)),
    );
  }
  return { nodes, tensors, values: groups.flatMap(({ input }) => [mostOf(input), leastOf(input)]) };
}

function stepsOf(ends: RowEnds, magnitudes: Float32Array): Steps {
  const zero = finestZero(ends);
  const leastScale = zero === EVEN_ZERO ? undefined : scaleBelow(ends, zero);
  const scales = ends.most.map((most, row) => rowScale(ends.least[row] ?? 0, most, zero));
  const seen = scales.reduce((a, b) => Math.max(a, b), 0);
  const scale = Math.max(seen, magnitudes.reduce((a, b) => Math.max(a, b), 0) / stepsAbove(zero)) * HEADROOM;
  return { zero, scale: relativeError(scales, scale) <= MOST_ERROR ? scale : undefined, leastScale };
}

/** The scale at which the least number of all rows fits below that zero. */
function scaleBelow({ least }: RowEnds, zero: number): number {
  return (-least.reduce((a, b) => Math.min(a, b), 0) / stepsBelow(zero)) * HEADROOM;
}

/** Logarithms, as a row of large numbers counts no more than one of small numbers. */
function finestZero(ends: RowEnds): number {
  const { least, most } = ends;
  const sums = TRIED.map((zero) => {
    const floor = zero === EVEN_ZERO ? 0 : scaleBelow(ends, zero);
    const scaleOf = (row: number): number => Math.max(rowScale(least[row] ?? 0, most[row] ?? 0, zero), floor);
    return most.reduce((sum, _, row) => sum + Math.log(Math.max(scaleOf(row), Number.MIN_VALUE)), 0);
  });
  const even = sums[TRIED.indexOf(EVEN_ZERO)] ?? 0;
  const best = Math.min(...sums);
  return (even - best) / most.length < LEAST_GAIN ? EVEN_ZERO : (TRIED[sums.indexOf(best)] ?? EVEN_ZERO);
}

/** Squares of rounding errors at one scale over those at each row's own, on average. */
function relativeError(scales: readonly number[], scale: number): number {
  return scales.reduce((sum, own) => sum + (scale / Math.max(own, Number.MIN_VALUE)) ** 2, 0) / scales.length;
}

const mostOf = (input: string): string => `${input}::most`;
const leastOf = (input: string): string => `${input}::least`;
