import { performance } from "node:perf_hooks";
import { median } from "@polyseme/core";
import type { BatchBudget } from "./pack.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import type { SessionPool } from "./session-pool.ts";

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
/**
 * Two sizes are run in turn this often. The gain is told within each round and the middle one counts: where other services
 * start beside this one, even the best runs of two sizes may be one of before and one of after.
 */
const ROUNDS = 5;
/**
 * A larger batch must pay for what it costs: queries wait for it, and the runtime keeps its memory for good. On a CPU the
 * message that starts a run is some 4 % of a small one here, and nothing in the pipeline, where the next batch lies ready;
 * and other work of the machine shifts a few rounds by more than a tenth, where 1,024 tokens taken for it cost the pipeline
 * a sixth.
 */
const LEAST_GAIN = { cpu: 1.25, device: 1.05 } as const;

/**
 * Finds how many tokens a run should have on this machine, by running all sessions at once with batches of one size and
 * the next in turn, as long as the larger gains: about a second on a CPU. Nothing else may use the pool meanwhile.
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
  const [least, ...larger] = SIZES[options.on];
  let tokens: number = least;
  for (const next of larger) {
    const gains: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const ms = await timeRun(pool, rowsOf(tokens, options.tokenId));
      const nextMs = await timeRun(pool, rowsOf(next, options.tokenId));
      if (nextMs > MOST_RUN_MS) return { ...usual, maxTokens: tokens };
      gains.push(next / nextMs / (tokens / ms));
    }
    if (median(gains) < LEAST_GAIN[options.on]) break;
    tokens = next;
  }
  return { ...usual, maxTokens: tokens };
}

function rowsOf(tokens: number, tokenId: number): () => PaddedBatch {
  return batchOf(tokens / ROW_TOKENS, ROW_TOKENS, tokenId);
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
