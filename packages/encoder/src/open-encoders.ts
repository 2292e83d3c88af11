import { availableParallelism } from "node:os";
import type { Config, Metrics, StopStep } from "@polyseme/core";
import type { BatchReport } from "./batch-runner.ts";
import { makeCatalog } from "./catalog.ts";
import { makeEncoderRegistry, type EncoderRegistry } from "./encoder-registry.ts";
import { makeInferenceProbe, type InferenceProbe } from "./inference-probe.ts";

/** A process's models, how to see that they answer, and how to unload them. */
export interface LoadedEncoders {
  readonly encoders: EncoderRegistry;
  readonly inference: InferenceProbe;
  readonly closeStep: StopStep;
}

const CLOSE_MS = 10_000;

/**
 * The models of a process, with the default one loaded: a process that cannot encode says so before it takes work.
 * @throws PolysemeError `invalid` or `model_unavailable`
 */
export async function openEncoders(
  config: Config,
  metrics: Metrics,
  onBatch: (batch: BatchReport) => void = () => undefined,
): Promise<LoadedEncoders> {
  const encoders = makeEncoderRegistry(makeCatalog({ defaultModel: config.model, modelsDir: config.modelsDir }), {
    device: config.device,
    threads: config.encoderThreads,
    onBatch: (batch) => {
      metrics.encoderRuns.inc();
      metrics.encoderTokens.inc({ kind: "real" }, batch.tokens);
      metrics.encoderTokens.inc({ kind: "padded" }, batch.paddedTokens);
      metrics.batchTexts.observe(batch.texts);
      metrics.stageSeconds.observe({ stage: "encode" }, batch.encodeMs / 1_000);
      onBatch(batch);
    },
  });
  await encoders.get(config.model);
  return {
    encoders,
    inference: makeInferenceProbe(encoders, () => performance.now()),
    closeStep: { name: "the encoder", withinMs: CLOSE_MS, stop: () => encoders.close() },
  };
}

/** Encoder threads that a process uses when the settings do not say. */
export function encoderThreads(config: Config): number {
  return config.encoderThreads ?? availableParallelism();
}
