import type { Device, PolysemeError } from "@polyseme/core";
import type { BatchReport } from "./batch-runner.ts";
import { openRunner, runInfo } from "./open-runner.ts";
import type { BatchBudget } from "./pack.ts";
import { padBatch } from "./pad-batch.ts";
import { openOnDevice, type Attempt } from "./open-on-device.ts";
import { isProjected } from "./parse-model-config.ts";
import { readModelFolder, type ModelFolder } from "./read-model-folder.ts";
import { openTokenizer } from "./tokenizer.ts";
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
  return openOnDevice(readModelFolder, options, (attempt) => openAttempt(attempt, options));
}

async function openAttempt(attempt: Attempt<ModelFolder>, options: OpenEncoderOptions): Promise<Encoder> {
  const { model } = attempt;
  const tokenizer = await openTokenizer(model, options.onTokenise);
  const tokens = await tokenizer.tokenize(["warm up"]);
  const warmUp = padBatch(
    tokens.map(({ ids }) => ids),
    model.padTokenId,
  );
  const runner = await openRunner(attempt, warmUp, options);
  const info: ModelInfo = {
    ...runInfo(attempt, runner, options.name),
    kind: model.outputs.sparse === undefined ? "dense" : "sparse",
    dimensions: model.dimensions,
    tokenDimensions: model.tokenDimensions,
    staticDimensions: model.staticDimensions,
    lateInteraction: tokenizer.compared,
    isProjected: isProjected(model),
    matryoshka: model.matryoshka,
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
    tokenizeQuery: (text) => tokenizer.tokenizeQuery(text),
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
