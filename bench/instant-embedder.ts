import { makeEmbedder, makeQuarantine, makeThroughput } from "@polyseme/embedder";
import { makeCatalog } from "@polyseme/encoder";
import { runAsService } from "../test/support/run-as-service.ts";
import { makeInstantEncoders } from "./support/instant-encoder.ts";

/**
 * The embedder service with an encoder that costs nothing, to see what everything else can carry.
 * BENCH_TOKENIZER: words (default) or real. BENCH_BATCH_MS: how long a batch sleeps, default 0.
 */
await runAsService("embedder", async (context, config) => {
  const catalog = makeCatalog({ defaultModel: config.model, modelsDir: config.modelsDir });
  const throughput = makeThroughput(1);
  const encoders = await makeInstantEncoders(catalog, {
    tokenizer: process.env["BENCH_TOKENIZER"] === "real" ? "real" : "words",
    batchMs: Number(process.env["BENCH_BATCH_MS"] ?? 0),
    onBatch: (batch) => {
      throughput.record(batch);
    },
  });
  const inference = { name: "inference", check: () => Promise.resolve() };
  const quarantine = makeQuarantine({ settings: config, log: context.log });
  return {
    services: [makeEmbedder({ ...context, encoders, inference, throughput, quarantine })],
    closeSteps: [],
  };
});
