import { startEmbeddedStack, startStack, type TestStack } from "../test/support/stack.ts";
import { benchEncoder } from "./encoder.ts";
import type { BenchContext, Benchmark } from "./context.ts";
import { median, type Figure } from "./report.ts";
import { corporaIn, readCorpus } from "./texts.ts";

const RUNS = 3;
const DOCUMENTS = 600;

/**
 * Documents pushed by HTTP until all are stored, and the same as a share of the encoder's ceiling measured just before.
 * On DATABASE_URL and REDIS_URL when they are set, else on the embedded stack.
 */
export const benchPipeline: Benchmark = {
  about: "documents pushed by HTTP until all are stored, as a share of the ceiling",
  run: runPipeline,
};

async function runPipeline(context: BenchContext): Promise<Figure[]> {
  const { log, sharedDir } = context;
  const [ceiling] = await benchEncoder.run(context);
  const [corpus = "sample"] = corporaIn(sharedDir);
  const documents = readCorpus(sharedDir, corpus, DOCUMENTS);
  const stack = await startOn(process.env);
  const rates: number[] = [];
  try {
    for (let run = 1; run <= RUNS; run += 1) {
      const collection = `bench-${Date.now()}-${run}`;
      const started = performance.now();
      const { ticket } = await stack.http.push(collection, documents);
      const status = await stack.http.settled(ticket);
      rates.push(status.tokens / ((performance.now() - started) / 1_000));
      await stack.http.call("DELETE", `/v1/collections/${collection}`);
      log(`pipeline: run ${run} of ${RUNS}`);
    }
  } finally {
    await stack.stop();
  }
  const best = median(ceiling?.values ?? []);
  return [
    { name: "tokens/s, push until stored", unit: "tokens/s", values: rates },
    { name: "share of the encoder's ceiling", unit: "of 1", values: rates.map((rate) => rate / best), kind: "ratio" },
  ];
}

function startOn(environment: NodeJS.ProcessEnv): Promise<TestStack> {
  const { DATABASE_URL, REDIS_URL } = environment;
  return DATABASE_URL === undefined
    ? startEmbeddedStack()
    : startStack({ DATABASE_URL, REDIS_URL, POLYSEME_QUEUE_PREFIX: `{bench-${Date.now()}}` });
}
