import { performance } from "node:perf_hooks";
import type { BatchBudget } from "./pack.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import type { SessionPool } from "./session-pool.ts";

/** What the sessions reached together with batches of one size. */
export interface Measured {
  /** Padded tokens of a batch. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
}

/** Rows of the batches tried: a usual chunk's length. */
const ROW_TOKENS = 128;
/**
 * On a CPU a core's cache ends the gain; below 512 tokens a long chunk would run alone and pay for its run alone, 7 % of
 * the pipeline. A device wants thousands of tokens before its cores are busy.
 */
const SIZES = { cpu: [512, 1_024, 2_048], device: [2_048, 4_096, 8_192, 16_384, 32_768] } as const;
/** One run that takes longer holds up the queries behind it, and a larger one would more so. */
const MOST_RUN_MS = 500;
/** A few tokens that take this long are on no device of silicon: each further run would only delay the start. */
const FEW_TOKENS = 8;
const MOST_FEW_MS = 200;
const SLOWEST_TOKENS = 256;
/** Time for each size: the best of a few runs, as what disturbs a run only makes it longer. */
const TIME_A_SIZE_MS = 120;
/** Rates this near to the best are the same; of these the smallest batch lets a query wait least. */
const SAME_RATE = 0.97;

/**
 * Finds how many tokens a run should have on this machine, by running all sessions at once with batches of each size:
 * about a second on a CPU. Nothing else may use the pool meanwhile.
 * @param usual what stays as it is, and the answer where probing takes too long
 * @param tokenId any token of the vocabulary
 */
export async function probeBudget(
  pool: SessionPool,
  usual: BatchBudget,
  options: { readonly on: "cpu" | "device"; readonly tokenId: number },
): Promise<BatchBudget> {
  const fewMs = await timeRun(pool, batchOf(1, FEW_TOKENS, options.tokenId));
  if (fewMs > MOST_FEW_MS) return { ...usual, maxTokens: SLOWEST_TOKENS };
  const measured: Measured[] = [];
  for (const tokens of SIZES[options.on]) {
    let best = Infinity;
    for (let spent = 0; spent < TIME_A_SIZE_MS;) {
      const ms = await timeRun(pool, batchOf(tokens / ROW_TOKENS, ROW_TOKENS, options.tokenId));
      best = Math.min(best, ms);
      spent += ms;
    }
    measured.push({ tokens, tokensPerSecond: (tokens * pool.idle * 1_000) / best });
    // The runtime keeps the memory of its largest run for good, so no larger one is tried than has a chance.
    if (best > MOST_RUN_MS || !isBestSoFar(measured)) break;
  }
  return { ...usual, maxTokens: chooseSize(measured) ?? usual.maxTokens };
}

/** The smallest size whose rate is as good as the best one's. */
export function chooseSize(measured: readonly Measured[]): number | undefined {
  const best = Math.max(...measured.map(({ tokensPerSecond }) => tokensPerSecond));
  return measured.find(({ tokensPerSecond }) => tokensPerSecond >= best * SAME_RATE)?.tokens;
}

function isBestSoFar(measured: readonly Measured[]): boolean {
  return measured.every(
    ({ tokensPerSecond }) => tokensPerSecond <= (measured.at(-1)?.tokensPerSecond ?? 0) / SAME_RATE,
  );
}

/** Milliseconds until every session has run the batch. */
async function timeRun(pool: SessionPool, batch: () => PaddedBatch): Promise<number> {
  const started = performance.now();
  const none = { embedding: [], contextual: [], statics: [] };
  const wanted = { ...none, embedding: batch().lengths.map(() => true) };
  await Promise.all(Array.from({ length: pool.idle }, () => pool.run(batch(), wanted, "bulk")));
  return performance.now() - started;
}

/** Buffers are moved into the run, so each takes a batch of its own. */
function batchOf(count: number, longest: number, tokenId: number): () => PaddedBatch {
  return () => ({
    count,
    longest,
    lengths: Array.from({ length: count }, () => longest),
    ids: new BigInt64Array(count * longest).fill(BigInt(tokenId)),
    mask: new BigInt64Array(count * longest).fill(1n),
  });
}
