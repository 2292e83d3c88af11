import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { batchRunner, type BatchRunner } from "./batch-runner.ts";
import type { OpenEncoderOptions } from "./encoder.ts";
import { graphOf, type Attempt } from "./open-on-device.ts";
import { CPU_BUDGET, GPU_BUDGET, type BatchBudget } from "./pack.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import { probeBudget } from "./probe-budget.ts";
import { weightsFolder } from "./read-model-folder.ts";
import type { SessionSpec } from "./session-protocol.ts";
import { sparseBatchTokens } from "./sparse-output.ts";
import type { ModelInfo } from "./types.ts";

export type RunInfo = Pick<ModelInfo, "name" | "folder" | "file" | "graph" | "device" | "batchTokens" | "maxTokens">;

type RunnerSettings = Pick<OpenEncoderOptions, "threads" | "cacheDir" | "budget" | "onBatch" | "onFailedRun">;

/**
 * Sessions of a model of any kind, and the packing in front of them.
 * @param warmUp a text for each session's first run
 * @throws PolysemeError `model_unavailable`
 */
export async function openRunner(
  attempt: Attempt,
  warmUp: PaddedBatch,
  { threads, cacheDir, budget, onBatch, onFailedRun }: RunnerSettings,
): Promise<BatchRunner> {
  const { model, provider } = attempt;
  const onCpu = provider === "cpu";
  const usual = usualBudget(model, onCpu);
  // What a sparse model may hold at once is bounded by its vocabulary, before it is measured what is fastest.
  const wanted = model.outputs.sparse === undefined ? budget : undefined;
  const tokenId = Number(warmUp.ids[0] ?? 0n);
  return batchRunner(sessionSpec(attempt, warmUp, cacheDir), {
    // One session a device: a second one would only hold its weights again.
    threads: onCpu ? (threads ?? availableParallelism()) : 1,
    budget: wanted === "probe" ? usual : { ...usual, ...wanted },
    probe:
      wanted === "probe" ? (pool) => probeBudget(pool, usual, { on: onCpu ? "cpu" : "device", tokenId }) : undefined,
    padTokenId: model.padTokenId,
    onBatch,
    onFailedRun,
  });
}

/** What both kinds of models say of how they run. */
export function runInfo(attempt: Attempt, runner: BatchRunner, name: string | undefined): RunInfo {
  const { model, provider } = attempt;
  return {
    name: name ?? basename(model.folder),
    folder: model.folder,
    file: model.file,
    graph: graphOf(attempt),
    device: provider,
    batchTokens: runner.budget.maxTokens,
    maxTokens: model.maxTokens,
  };
}

function usualBudget({ outputs, dimensions }: Attempt["model"], onCpu: boolean): BatchBudget {
  const usual = onCpu ? CPU_BUDGET : GPU_BUDGET;
  if (outputs.sparse === undefined) return usual;
  return { ...usual, maxTokens: Math.min(usual.maxTokens, sparseBatchTokens(dimensions)) };
}

function sessionSpec(
  { model, provider, rewritten }: Attempt,
  warmUp: PaddedBatch,
  cacheDir: string | undefined,
): SessionSpec {
  const { appended, ...outputNames } = model.outputs;
  return {
    path: join(model.folder, model.file),
    appended,
    weightsFolder: weightsFolder(model),
    // Alone: with the CPU behind it, a provider that cannot start would be passed over in silence.
    providers: [provider],
    rewritten,
    cacheDir,
    hasTokenTypes: model.hasTokenTypes,
    mayOverflow: model.mayOverflow,
    firstPosition: model.hasPositions ? model.positionOffset : undefined,
    outputNames,
    dimensions: model.dimensions,
    tokenDimensions: model.tokenDimensions,
    staticDimensions: model.staticDimensions,
    warmUp,
  };
}
