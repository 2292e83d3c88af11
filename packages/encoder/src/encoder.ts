import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import type { Device, PolysemeError } from "@polyseme/core";
import { batchRunner, type BatchReport } from "./batch-runner.ts";
import { CPU_BUDGET, GPU_BUDGET, type BatchBudget } from "./pack.ts";
import { padBatch } from "./pad-batch.ts";
import { openOnDevice, type Attempt } from "./open-on-device.ts";
import { probeBudget } from "./probe-budget.ts";
import { isProjected } from "./parse-model-config.ts";
import { weightsFolder } from "./read-model-folder.ts";
import { runtimeHere } from "./runtime-here.ts";
import type { SessionSpec } from "./session-protocol.ts";
import { openTokenizer, type TextTokenizer } from "./tokenizer.ts";
import type { EncodeOptions, Encoded, Encoder, ModelInfo, Tokens } from "./types.ts";

export interface OpenEncoderOptions {
  /** A folder in the hub's layout. */
  readonly folder: string;
  /** What {@link ModelInfo.name} shall be; undefined: the folder's own name. */
  readonly name?: string | undefined;
  /** Sessions at work at once on the CPU; undefined: one a core. Other devices have one. */
  readonly threads?: number | undefined;
  /** Undefined: the CPU. */
  readonly device?: Device | undefined;
  /** Where graphs that were rewritten for a device are kept; undefined: nowhere. */
  readonly cacheDir?: string | undefined;
  /** Told of what was tried on a device without success before something else is. */
  readonly onFallback?: ((reason: PolysemeError, tried: { provider: string; graph: string }) => void) | undefined;
  /** The ONNX file, relative to the folder; undefined: the first of the usual names. */
  readonly file?: string | undefined;
  /** `probe`: measured when the model opens, about a second; undefined: what is usual for the device. */
  readonly budget?: Partial<BatchBudget> | "probe" | undefined;
  /** Told of every call of the tokenizer. */
  readonly onTokenise?: ((call: TokeniseReport) => void) | undefined;
  /** Told of every batch that ran. */
  readonly onBatch?: ((batch: BatchReport) => void) | undefined;
  /** Told of every run that gave no vectors. */
  readonly onFailedRun?: (() => void) | undefined;
}

/**
 * Loads a model, runs it once in every thread, and gives the encoder. Close it: its threads keep the process alive.
 * @throws PolysemeError `model_unavailable`
 */
export async function openEncoder(options: OpenEncoderOptions): Promise<Encoder> {
  const { device = "cpu" } = options;
  const onFallback = (reason: PolysemeError, { provider, rewritten }: Attempt): void =>
    options.onFallback?.(reason, { provider, graph: rewritten ?? "file" });
  return openOnDevice(
    { folder: options.folder, file: options.file, device, runtime: await runtimeHere(), onFallback },
    (attempt) => openAttempt(attempt, options),
  );
}

async function openAttempt(attempt: Attempt, options: OpenEncoderOptions): Promise<Encoder> {
  const { model, provider } = attempt;
  const tokenizer = await openTokenizer(model, options.onTokenise);
  const onCpu = provider === "cpu";
  const usual = onCpu ? CPU_BUDGET : GPU_BUDGET;
  const spec = await sessionSpec(attempt, tokenizer, options.cacheDir);
  const tokenId = Number(spec.warmUp.ids[0] ?? 0n);
  const runner = await batchRunner(spec, {
    // One session a device: a second one would only hold its weights again.
    threads: onCpu ? (options.threads ?? availableParallelism()) : 1,
    budget: options.budget === "probe" ? usual : { ...usual, ...options.budget },
    probe:
      options.budget === "probe"
        ? (pool) => probeBudget(pool, usual, { on: onCpu ? "cpu" : "device", tokenId })
        : undefined,
    padTokenId: model.padTokenId,
    onBatch: options.onBatch,
    onFailedRun: options.onFailedRun,
  });
  const info: ModelInfo = {
    name: options.name ?? basename(model.folder),
    folder: model.folder,
    file: model.file,
    graph: attempt.rewritten ?? "file",
    device: provider,
    batchTokens: runner.budget.maxTokens,
    dimensions: model.dimensions,
    tokenDimensions: model.tokenDimensions,
    isProjected: isProjected(model),
    matryoshka: model.matryoshka,
    maxTokens: model.maxTokens,
    specialTokens: tokenizer.specialTokens,
    leadingTokens: tokenizer.leadingTokens,
    pooling: model.pooling,
    prompts: model.prompts,
  };
  return {
    info,
    tokenize: (texts) => tokenizer.tokenize(texts),
    tokenizeIds: (texts) => tokenizer.tokenizeIds(texts),
    tokenizeWhole: (text) => tokenizer.tokenizeWhole(text),
    tokenText: (id) => tokenizer.tokenText(id),
    decode: (ids, decodeOptions) => tokenizer.decode(ids, decodeOptions),
    withSpecialTokens: (ids) => tokenizer.withSpecialTokens(ids),
    encode: (ids, encodeOptions) => runner.encode(ids, encodeOptions),
    get failure() {
      return runner.failure;
    },
    get threads() {
      return runner.threads;
    },
    get waitingTokens() {
      return runner.waitingTokens;
    },
    close: () => runner.close(),
  };
}

/** What one call of the tokenizer was, for metrics. */
export interface TokeniseReport {
  readonly texts: number;
  readonly tokeniseMs: number;
}

/** One text's tokens and vectors. */
export interface EncodedText {
  readonly tokens: Tokens;
  readonly encoded: Encoded;
}

/**
 * Tokenises and encodes all the texts, in their order; fails as a whole when one of them fails.
 * @throws PolysemeError as `tokenize` and `encode` do
 */
export async function encodeTexts(
  encoder: Pick<Encoder, "tokenize" | "encode">,
  texts: readonly string[],
  options: EncodeOptions,
): Promise<EncodedText[]> {
  const tokenised = await encoder.tokenize(texts);
  return Promise.all(tokenised.map(async (tokens) => ({ tokens, encoded: await encoder.encode(tokens.ids, options) })));
}

/**
 * The embedding of each text, in their order; fails as a whole when one of them fails.
 * @throws PolysemeError as `tokenizeIds` and `encode` do
 */
export async function embedTexts(
  encoder: Pick<Encoder, "tokenizeIds" | "encode">,
  texts: readonly string[],
  options: Omit<EncodeOptions, "wants">,
): Promise<Float32Array[]> {
  const tokenised = await encoder.tokenizeIds(texts);
  return Promise.all(
    tokenised.map(async ({ ids }) => {
      const { embedding } = await encoder.encode(ids, { ...options, wants: { embedding: true } });
      if (embedding === undefined) throw new Error("The encoder gave no embedding");
      return embedding;
    }),
  );
}

async function sessionSpec(
  { model, provider, rewritten }: Attempt,
  tokenizer: TextTokenizer,
  cacheDir: string | undefined,
): Promise<SessionSpec> {
  const tokens = await tokenizer.tokenize(["warm up"]);
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
    warmUp: padBatch(
      tokens.map(({ ids }) => ids),
      model.padTokenId,
    ),
  };
}
