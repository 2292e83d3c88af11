import { availableParallelism } from "node:os";
import {
  messageOf,
  NO_TRACING,
  type Config,
  type Log,
  type Metrics,
  type StopStep,
  type Tracing,
} from "@polyseme/core";
import type { BatchReport } from "./batch-runner.ts";
import { openCatalog, type OpenCatalog } from "./catalog.ts";
import { makeEncoderRegistry, type EncoderRegistry } from "./encoder-registry.ts";
import { isDownloading } from "./hub/model-puller.ts";
import { makeInferenceProbe, type InferenceProbe } from "./inference-probe.ts";

/** A process's models, how to see that they answer, and how to unload them. */
export interface LoadedEncoders {
  readonly encoders: EncoderRegistry;
  readonly inference: InferenceProbe;
  readonly closeStep: StopStep;
}

const CLOSE_MS = 10_000;
const INTEGER_NOTE =
  "made from a graph of integers: vectors agree with those of CPU workers at a cosine of about 0.9995; " +
  "where both fill one collection, a model with a float32 file alone gives the same vectors on both";

export interface EncoderContext {
  readonly metrics: Metrics;
  readonly log: Log;
  /** Undefined: no traces. */
  readonly tracing?: Tracing;
  /** `bulk`: what a batch holds is measured first, about a second; queries hardly ever fill one. */
  readonly work: "bulk" | "queries";
}

/**
 * The models of a process, with the default one loaded or on its way: a process that cannot encode says so before it takes work.
 * @throws PolysemeError `invalid` or `model_unavailable`
 */
export async function openEncoders(
  config: Config,
  { metrics, log, work, tracing = NO_TRACING }: EncoderContext,
  onBatch: (batch: BatchReport) => void = () => undefined,
): Promise<LoadedEncoders> {
  const opened = openCatalog(config, log);
  const encoders = makeEncoderRegistry(opened.catalog, {
    device: config.device,
    cacheDir: config.cacheDir,
    onFallback: (reason, tried) => {
      log.info({ ...tried, reason: reason.message }, "the encoder does not run this way; trying the next");
    },
    budget:
      config.batchTokens === undefined ? (work === "bulk" ? "probe" : undefined) : { maxTokens: config.batchTokens },
    onOpen: ({ name, file, graph, device, batchTokens }) => {
      metrics.encoderInfo.set({ model: name, file, graph, device }, 1);
      metrics.encoderBatchTokens.set({ model: name }, batchTokens);
      log.info({ model: name, file, graph, device, batchTokens, asked: config.device }, "encoder ready");
      if (device !== "cpu" && graph !== "file" && file.includes("int8")) log.info({ model: name }, INTEGER_NOTE);
    },
    onLost: ({ name, file, graph, device }, reason) => {
      metrics.encoderInfo.remove({ model: name, file, graph, device });
      log.error({ model: name, device, reason: reason.message }, "the encoder's device is gone; it is opened again");
    },
    threads: config.encoderThreads,
    onTokenise: ({ tokeniseMs }) => {
      metrics.observeStage("tokenise", tokeniseMs);
    },
    onFailedRun: () => {
      metrics.encoderFailedRuns.inc();
    },
    onBatch: (batch) => {
      metrics.encoderRuns.inc();
      metrics.encoderTokens.inc({ kind: "real" }, batch.tokens);
      metrics.encoderTokens.inc({ kind: "padded" }, batch.paddedTokens);
      metrics.batchTexts.observe(batch.texts);
      metrics.observeStage("encode_wait", batch.longestWaitMs);
      metrics.observeStage("encode", batch.encodeMs);
      if (tracing.on) traceBatch(tracing, batch);
      onBatch(batch);
    },
  });
  await loadDefault(encoders, opened, log);
  return {
    encoders,
    inference: makeInferenceProbe(encoders, () => performance.now()),
    closeStep: {
      name: "the encoder",
      withinMs: CLOSE_MS,
      stop: () => Promise.all([opened.closeStep.stop(), encoders.close()]),
    },
  };
}

/** One that must be downloaded first is loaded when it is there: until then the process listens, and is not ready. */
async function loadDefault(encoders: EncoderRegistry, { puller }: OpenCatalog, log: Log): Promise<void> {
  const load = (): Promise<unknown> => encoders.get(encoders.catalog.defaultModel);
  try {
    await load();
  } catch (error) {
    if (puller === undefined || !isDownloading(error)) throw error;
    try {
      await puller.begun();
    } catch (failure) {
      await puller.close();
      throw failure;
    }
    void puller.ended().then(async () => {
      if (puller.closing.aborted) return;
      // Who asks next is told why, and begins again.
      await load().catch((failure: unknown) => {
        if (!isDownloading(failure)) log.warn({ reason: messageOf(failure) }, "the model is not loaded");
      });
    });
  }
}

/** One span a batch, however many documents have a text in it: it links to their jobs. */
function traceBatch(tracing: Tracing, batch: BatchReport): void {
  const { traces: causes, texts, tokens, paddedTokens, lane, encodeMs } = batch;
  const attributes = {
    "polyseme.texts": texts,
    "polyseme.tokens": tokens,
    "polyseme.padded_tokens": paddedTokens,
    "polyseme.lane": lane,
  };
  tracing.start("encode batch", { causes, attributes, startMs: performance.now() - encodeMs }).end();
}

/** Batches that a process's encoder runs at once. */
export function encoderThreads(config: Config): number {
  if (config.device !== "auto" && config.device !== "cpu") return 1;
  return config.encoderThreads ?? availableParallelism();
}
