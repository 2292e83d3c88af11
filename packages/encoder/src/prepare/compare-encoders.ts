import { performance } from "node:perf_hooks";
import { median } from "@polyseme/core";
import { embedTexts } from "../encoder.ts";
import type { Encoder } from "../types.ts";

/** How near one encoder's embeddings are to another's. */
export interface Agreement {
  readonly texts: number;
  readonly mean: number;
  readonly least: number;
  /** The text with the least cosine. */
  readonly worst: string;
}

/** Embeddings of the same texts, each at L2 norm 1. */
export function agreementOf(
  texts: readonly string[],
  one: readonly Float32Array[],
  other: readonly Float32Array[],
): Agreement {
  const cosines = one.map((vector, index) => dot(vector, other[index] ?? new Float32Array(0)));
  const least = Math.min(...cosines);
  return {
    texts: texts.length,
    mean: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
    least,
    worst: texts[cosines.indexOf(least)] ?? "",
  };
}

/** Largest difference of a number between texts encoded alone and those vectors of theirs. */
export async function batchDifference(
  encoder: Encoder,
  texts: readonly string[],
  together: readonly Float32Array[],
): Promise<number> {
  let most = 0;
  for (const [index, text] of texts.entries()) {
    const [alone = new Float32Array(0)] = await embedTexts(encoder, [text], { lane: "bulk" });
    alone.forEach((value, at) => (most = Math.max(most, Math.abs(value - (together[index]?.[at] ?? NaN)))));
  }
  return most;
}

export interface Rates {
  /** Median tokens/s of each encoder, in their order. */
  readonly tokensPerSecond: readonly number[];
  /** Median of each round's rate of the last encoder over that of the first: what else the machine does touches both. */
  readonly ratio: number;
}

/** Runs the encoders in turn, round by round, each with all its threads on the same texts. */
export async function measureRates(
  encoders: readonly Encoder[],
  texts: readonly string[],
  options: { readonly rounds: number; readonly signal?: AbortSignal | undefined },
): Promise<Rates> {
  const rates: number[][] = encoders.map(() => []);
  for (let round = 0; round <= options.rounds; round++)
    for (const [index, encoder] of encoders.entries()) {
      options.signal?.throwIfAborted();
      const rate = await rateOf(encoder, texts);
      // The first round gives the runtime its memory.
      if (round > 0) rates[index]?.push(rate);
    }
  const ratios = (rates.at(-1) ?? []).map((rate, round) => rate / (rates[0]?.[round] ?? NaN));
  return { tokensPerSecond: rates.map(median), ratio: median(ratios) };
}

async function rateOf(encoder: Encoder, texts: readonly string[]): Promise<number> {
  const tokenised = await encoder.tokenizeIds(texts);
  const started = performance.now();
  await Promise.all(tokenised.map(({ ids }) => encoder.encode(ids, { wants: { embedding: true }, lane: "bulk" })));
  const tokens = tokenised.reduce((sum, { ids }) => sum + ids.length, 0);
  return (tokens * 1_000) / (performance.now() - started);
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] ?? 0) * (other[i] ?? NaN);
  return sum;
}
