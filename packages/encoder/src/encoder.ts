import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import type { Device } from "@polyseme/core";
import { batchRunner, type BatchReport } from "./batch-runner.ts";
import { CPU_BUDGET, GPU_BUDGET, type BatchBudget } from "./pack.ts";
import { padBatch } from "./pad-batch.ts";
import { readModelFolder, weightsFolder, type ModelFolder } from "./read-model-folder.ts";
import type { SessionSpec } from "./session-protocol.ts";
import { openTokenizer, type TextTokenizer } from "./tokenizer.ts";
import type { EncodeOptions, Encoded, Encoder, ModelInfo, Tokens } from "./types.ts";

export interface OpenEncoderOptions {
  /** A folder in the hub's layout. */
  readonly folder: string;
  /** What {@link ModelInfo.name} shall be; undefined: the folder's own name. */
  readonly name?: string | undefined;
  /** Sessions at work at once; undefined: one a core, one in all on other devices than the CPU. */
  readonly threads?: number | undefined;
  readonly device?: Device | undefined;
  /** The ONNX file, relative to the folder; undefined: the first of the usual names. */
  readonly file?: string | undefined;
  readonly budget?: Partial<BatchBudget> | undefined;
  /** Told of every batch that ran. */
  readonly onBatch?: ((batch: BatchReport) => void) | undefined;
}

/**
 * Loads a model, runs it once in every thread, and gives the encoder. Close it: its threads keep the process alive.
 * @throws PolysemeError `model_unavailable`
 */
export async function openEncoder(options: OpenEncoderOptions): Promise<Encoder> {
  const model = await readModelFolder(options.folder, options.file);
  const tokenizer = await openTokenizer(model);
  const provider = options.device === undefined || options.device === "auto" ? "cpu" : options.device;
  const onCpu = provider === "cpu";
  const runner = await batchRunner(await sessionSpec(model, tokenizer, provider), {
    threads: options.threads ?? (onCpu ? availableParallelism() : 1),
    budget: { ...(onCpu ? CPU_BUDGET : GPU_BUDGET), ...options.budget },
    padTokenId: model.padTokenId,
    onBatch: options.onBatch,
  });
  const info: ModelInfo = {
    name: options.name ?? basename(model.folder),
    folder: model.folder,
    file: model.file,
    dimensions: model.dimensions,
    maxTokens: model.maxTokens,
    specialTokens: tokenizer.specialTokens,
    pooling: model.pooling,
  };
  return {
    info,
    tokenize: (texts) => tokenizer.tokenize(texts),
    tokenizeIds: (texts) => tokenizer.tokenizeIds(texts),
    tokenizeWhole: (text) => tokenizer.tokenizeWhole(text),
    tokenText: (id) => tokenizer.tokenText(id),
    withSpecialTokens: (ids) => tokenizer.withSpecialTokens(ids),
    encode: (ids, encodeOptions) => runner.encode(ids, encodeOptions),
    get waitingTokens() {
      return runner.waitingTokens;
    },
    close: () => runner.close(),
  };
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

async function sessionSpec(model: ModelFolder, tokenizer: TextTokenizer, provider: string): Promise<SessionSpec> {
  const tokens = await tokenizer.tokenize(["warm up"]);
  const { appended, ...outputNames } = model.outputs;
  return {
    path: join(model.folder, model.file),
    appended,
    weightsFolder: weightsFolder(model),
    providers: [provider],
    hasTokenTypes: model.hasTokenTypes,
    outputNames,
    dimensions: model.dimensions,
    warmUp: padBatch(
      tokens.map(({ ids }) => ids),
      model.padTokenId,
    ),
  };
}
