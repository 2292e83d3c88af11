import { InferenceSession } from "onnxruntime-node";
import { countsTensor, floatTensor, standardNode } from "../model-tensor.ts";
import { writeModel, type ModelNode, type OnnxModel } from "../onnx-model.ts";
import { padBatch } from "../pad-batch.ts";
import { writeField } from "../protobuf.ts";
import { feedsOf } from "./calibrate.ts";
import type { ProductGroup } from "./find-products.ts";
import { reduceLastAxis } from "./reduce-last-axis.ts";

/** Steps of uint8. */
const STEPS = 255;
/** As many steps below zero as above, but for one. */
export const EVEN_ZERO = 128;
/** Zero points tried. What is left for negative numbers is never nothing: other texts may have larger ones. */
const TRIED = [16, 24, 32, 40, 48, 64, 80, 96, 112, EVEN_ZERO];
/** A zero point off the middle must make a row's steps at least this much finer. */
const LEAST_GAIN = 0.05;

export const stepsAbove = (zero: number): number => STEPS - zero;
/** The even zero has a step more below, which is left unused. */
export const stepsBelow = (zero: number): number => Math.min(zero, EVEN_ZERO - 1);

/** The scale at which a row from `least` to `most` fits into uint8 around that zero. */
function rowScale(least: number, most: number, zero: number): number {
  return Math.max(most / stepsAbove(zero), -least / stepsBelow(zero));
}

/**
 * The zero point at which the rows of each group have the finest steps on average. What comes out of a GELU is hardly ever
 * below -0.17, so an even one would leave half of its steps unused.
 * @param smoothing by the groups' inputs: what each channel is divided by
 * @returns by the groups' inputs
 */
export async function findZeroPoints(
  model: OnnxModel,
  groups: readonly ProductGroup[],
  smoothing: ReadonlyMap<string, Float32Array>,
  texts: readonly Int32Array[],
  options: { readonly padTokenId: number; readonly signal?: AbortSignal | undefined },
): Promise<Map<string, number>> {
  const tensors = new Map(model.tensors);
  const nodes: ModelNode[] = [];
  const outputs = new Map(model.outputs);
  for (const { input, rows } of groups) {
    const factors = smoothing.get(input) ?? new Float32Array(rows).fill(1);
    tensors.set(
      `${input}::inverse`,
      floatTensor(
        [rows],
        factors.map((factor) => 1 / factor),
      ),
    );
    tensors.set("polyseme_last_axis", countsTensor(-1));
    nodes.push(
      standardNode("Mul", [input, `${input}::inverse`], `${input}::smooth`),
      reduceLastAxis(model, "ReduceMax", `${input}::smooth`, mostOf(input)),
      reduceLastAxis(model, "ReduceMin", `${input}::smooth`, leastOf(input)),
    );
    for (const name of [mostOf(input), leastOf(input)]) outputs.set(name, writeField(1, name));
  }
  const measuring = writeModel({ ...model, nodes: [...model.nodes, ...nodes], tensors, outputs });
  const session = await InferenceSession.create(measuring, { executionProviders: ["cpu"], logSeverityLevel: 4 });
  const tally = new Map(groups.map(({ input }) => [input, TRIED.map(() => 0)]));
  try {
    const names = groups.flatMap(({ input }) => [mostOf(input), leastOf(input)]);
    for (const text of texts) {
      options.signal?.throwIfAborted();
      const results = await session.run(feedsOf(padBatch([text], options.padTokenId), session), names);
      for (const [input, sums] of tally)
        add(sums, results[leastOf(input)]?.data as Float32Array, results[mostOf(input)]?.data as Float32Array);
      await new Promise(setImmediate);
    }
  } finally {
    await session.release();
  }
  return new Map([...tally].map(([input, sums]) => [input, finest(sums, texts)]));
}

/** Logarithms, as a row of large numbers counts no more than one of small numbers. */
function add(sums: number[], least: Float32Array, most: Float32Array): void {
  TRIED.forEach((zero, at) => {
    let sum = 0;
    for (let row = 0; row < most.length; row++)
      sum += Math.log(Math.max(rowScale(least[row] ?? 0, most[row] ?? 0, zero), Number.MIN_VALUE));
    sums[at] = (sums[at] ?? 0) + sum;
  });
}

function finest(sums: readonly number[], texts: readonly Int32Array[]): number {
  const rows = texts.reduce((count, { length }) => count + length, 0);
  const even = sums[TRIED.indexOf(EVEN_ZERO)] ?? 0;
  const best = Math.min(...sums);
  return (even - best) / rows < LEAST_GAIN ? EVEN_ZERO : (TRIED[sums.indexOf(best)] ?? EVEN_ZERO);
}

const mostOf = (input: string): string => `${input}::most`;
const leastOf = (input: string): string => `${input}::least`;
