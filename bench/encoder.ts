import { fileURLToPath } from "node:url";
import { openEncoder } from "@polyseme/encoder";
import type { BenchContext, Benchmark } from "./context.ts";
import type { Figure } from "./report.ts";
import { corporaIn, readCorpus } from "./texts.ts";

const MODEL = fileURLToPath(new URL("../models/all-MiniLM-L6-v2", import.meta.url));
const RUNS = 3;
const DOCUMENTS = 600;

/** The ceiling: texts tokenised beforehand, all waiting at once, nothing else at work. */
export const benchEncoder: Benchmark = {
  about: "the ceiling: what the encoder alone reaches",
  run: runEncoder,
};

async function runEncoder({ log, sharedDir }: Pick<BenchContext, "log" | "sharedDir">): Promise<Figure[]> {
  const [corpus = "sample"] = corporaIn(sharedDir);
  const texts = readCorpus(sharedDir, corpus, DOCUMENTS).map(({ text }) => text);
  let tokensRun = 0;
  let paddedRun = 0;
  const encoder = await openEncoder({
    folder: MODEL,
    onBatch: ({ tokens, paddedTokens }) => {
      tokensRun += tokens;
      paddedRun += paddedTokens;
    },
  });
  const tokenised = await encoder.tokenize(texts);
  const rates: number[] = [];
  for (let run = 1; run <= RUNS; run += 1) {
    const started = performance.now();
    await Promise.all(tokenised.map(({ ids }) => encoder.encode(ids, { wants: { embedding: true }, lane: "bulk" })));
    const seconds = (performance.now() - started) / 1_000;
    rates.push(tokenised.reduce((sum, { ids }) => sum + ids.length, 0) / seconds);
    log(`encoder: run ${run} of ${RUNS}`);
  }
  await encoder.close();
  return [
    { name: "tokens/s, all texts waiting", unit: "tokens/s", values: rates },
    { name: "padding waste", unit: "padded/real - 1", values: [paddedRun / tokensRun - 1] },
  ];
}
