import { startEmbeddedStack, startStack, type TestStack } from "../test/support/stack.ts";
import { benchEncoder } from "./encoder.ts";
import { median, type Benchmark } from "./report.ts";
import { benchDocuments } from "./texts.ts";

const RUNS = 3;
const DOCUMENTS = 600;

/**
 * Documents pushed by HTTP until all are stored, and the same as a share of the encoder's ceiling measured just before.
 * On DATABASE_URL and REDIS_URL when they are set, else on the embedded stack.
 */
export const benchPipeline: Benchmark = async (log) => {
  const [ceiling] = await benchEncoder(log);
  const stack = await startOn(process.env);
  const rates: number[] = [];
  try {
    for (let run = 1; run <= RUNS; run += 1) {
      const collection = `bench-${Date.now()}-${run}`;
      const started = performance.now();
      const { ticket } = await stack.http.push(collection, benchDocuments(DOCUMENTS));
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
    { name: "share of the encoder's ceiling", unit: "of 1", values: rates.map((rate) => rate / best) },
  ];
};

function startOn(environment: NodeJS.ProcessEnv): Promise<TestStack> {
  const { DATABASE_URL, REDIS_URL } = environment;
  return DATABASE_URL === undefined
    ? startEmbeddedStack()
    : startStack({ DATABASE_URL, REDIS_URL, POLYSEME_QUEUE_PREFIX: `{bench-${Date.now()}}` });
}
