import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, PolysemeError } from "@polyseme/core";
import { embedTexts, openEncoder } from "../encoder.ts";
import { toHalfGraph } from "../half-graph.ts";
import { writeModel, type OnnxModel } from "../onnx-model.ts";
import { exists } from "../exists.ts";
import { FLOAT_FILES, HALF_FILE, readModelFolder } from "../read-model-folder.ts";
import { openTokenizer } from "../tokenizer.ts";
import type { Encoder } from "../types.ts";
import { agreementOf, batchDifference, measureRates, type Agreement, type Rates } from "./compare-encoders.ts";
import { copyModelFiles } from "./copy-model-files.ts";
import { makeIntegerGraph } from "./make-integer-graph.ts";
import { withNeededOpsets } from "./model-opset.ts";
import { simplifyGraph } from "./simplify-graph.ts";
import { withOutputs } from "./with-outputs.ts";

export interface PrepareOptions {
  /** A model in the hub's layout, with a float32 ONNX file. */
  readonly folder: string;
  /** Where the prepared model shall lie; not there yet. */
  readonly out: string;
  /** Half of them calibrate, the other half is compared; all do both where there are few. */
  readonly texts: readonly string[];
  /** The least cosine of a text's embedding with the float32 model's. */
  readonly leastCosine: number;
  /** Also a half-precision file for GPUs. */
  readonly half: boolean;
  readonly threads?: number | undefined;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface PrepareProgress {
  readonly step: "reading" | "calibrating" | "comparing" | "timing";
  readonly done: number;
  readonly total: number;
}

export interface PreparedModel {
  readonly folder: string;
  readonly integerProducts: number;
  /** Products with constant weights that stay float32. */
  readonly floatProducts: number;
  readonly hasInt8Table: boolean;
  readonly bytes: { readonly before: number; readonly after: number; readonly half: number | undefined };
  readonly cosine: Agreement;
  readonly halfCosine: Agreement | undefined;
  /** Largest difference of a number between a text alone and in a batch. */
  readonly batchDifference: number;
  /** Of the float32 model and of the prepared one. */
  readonly rates: Rates;
}

const INT8_FILE = "onnx/model_int8.onnx";
const MOST_TEXTS = 200;
/** With fewer, halves would say too little. */
const FEW_TEXTS = 40;
const TEXTS_AT_ONCE = 32;
const TEXTS_ALONE = 16;
const TEXTS_TIMED = 64;
const ROUNDS = 3;
/** Exact integer products leave what float32 attention leaves; a batch that leaks is off by 1e-2. */
const MOST_BATCH_DIFFERENCE = 1e-4;

/**
 * Makes an int8 model for the CPU, and an fp16 one for GPUs when asked, of a float32 model, compares them with it on the
 * texts, and keeps them only where they are near enough. The folder appears whole or not at all.
 * @throws PolysemeError `invalid` when `out` is there, the texts are too few, or the result is refused;
 * `model_unavailable` when the model cannot be read or run. The signal's reason when it is aborted.
 */
export async function prepareModel(options: PrepareOptions): Promise<PreparedModel> {
  if (await exists(options.out))
    throw new PolysemeError("invalid", `${options.out} is there already. Remove it, or choose another folder.`);
  if (options.texts.length === 0) throw new PolysemeError("invalid", "There is no text to calibrate on.");
  const temporary = join(dirname(options.out), `.${basename(options.out)}.${randomUUID()}`);
  try {
    await mkdir(join(temporary, "onnx"), { recursive: true });
    const prepared = await prepareInto(temporary, options);
    await rename(temporary, options.out);
    return prepared;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function prepareInto(temporary: string, options: PrepareOptions): Promise<PreparedModel> {
  const { folder, onProgress = () => undefined, signal } = options;
  const file = await floatFile(folder);
  const source = await readModelFolder(folder, file);
  if (source.hasIntegerProducts) throw new PolysemeError("invalid", `${file} multiplies integers already.`);
  onProgress({ step: "reading", done: 0, total: 1 });
  const tokenizer = await openTokenizer(source);
  const { calibrating, compared } = split(options.texts.map((text) => source.prompts.document + text));
  const ids = (await tokenizer.tokenizeIds(calibrating)).map((tokens) => tokens.ids);
  const graph = await guarded({ folder, file, signal }, () => simplifyGraph(join(source.folder, file)));
  const quantised = await guarded({ folder, file, signal }, () =>
    makeIntegerGraph(graph, ids, {
      padTokenId: source.padTokenId,
      onText: (done) => onProgress({ step: "calibrating", done, total: ids.length }),
      signal,
    }),
  );
  await copyModelFiles(source.folder, temporary);
  const after = await writeGraph(join(temporary, INT8_FILE), withOutputs(quantised.model, source.outputs));
  const half = options.half ? await writeHalf(join(temporary, HALF_FILE), graph) : undefined;
  signal?.throwIfAborted();
  const measured = await compare({ ...options, file, temporary, compared });
  return {
    folder: options.out,
    integerProducts: quantised.integerProducts,
    floatProducts: quantised.floatProducts,
    hasInt8Table: quantised.hasInt8Table,
    bytes: { before: await sizeOf(source.folder, file), after, half },
    ...measured,
  };
}

type Measured = Pick<PreparedModel, "cosine" | "halfCosine" | "batchDifference" | "rates">;

/** @throws PolysemeError `invalid` when the prepared model is too far from the float32 one */
async function compare(
  options: PrepareOptions & { readonly file: string; readonly temporary: string; readonly compared: readonly string[] },
): Promise<Measured> {
  const { folder, file, temporary, compared, signal, onProgress = () => undefined } = options;
  return withEncoder({ folder, file, threads: options.threads }, (before) =>
    withEncoder({ folder: temporary, file: INT8_FILE, threads: options.threads }, async (after) => {
      const expected: Float32Array[] = [];
      const found: Float32Array[] = [];
      for (let at = 0; at < compared.length; at += TEXTS_AT_ONCE) {
        signal?.throwIfAborted();
        const texts = compared.slice(at, at + TEXTS_AT_ONCE);
        expected.push(...(await embedTexts(before, texts, { lane: "bulk" })));
        found.push(...(await embedTexts(after, texts, { lane: "bulk" })));
        onProgress({ step: "comparing", done: found.length, total: compared.length });
      }
      const cosine = agreementOf(compared, expected, found);
      refuseFar("the int8 model", cosine, options.leastCosine);
      const difference = await batchDifference(after, compared.slice(0, TEXTS_ALONE), found);
      if (!(difference <= MOST_BATCH_DIFFERENCE))
        throw new PolysemeError(
          "invalid",
          `A text's numbers differ by ${difference.toExponential(1)} alone and in a batch. Nothing was saved.`,
        );
      const halfCosine = options.half
        ? await withEncoder({ folder: temporary, file: HALF_FILE, threads: 1 }, async (half) =>
            agreementOf(compared, expected, await embedTexts(half, compared, { lane: "bulk" })),
          )
        : undefined;
      if (halfCosine !== undefined) refuseFar("the fp16 model", halfCosine, options.leastCosine);
      onProgress({ step: "timing", done: 0, total: ROUNDS });
      const rates = await measureRates([before, after], compared.slice(0, TEXTS_TIMED), { rounds: ROUNDS, signal });
      return { cosine, halfCosine, batchDifference: difference, rates };
    }),
  );
}

function refuseFar(what: string, { least, mean, texts, worst }: Agreement, leastCosine: number): void {
  if (least >= leastCosine) return;
  throw new PolysemeError(
    "invalid",
    `Nothing was saved: over ${texts} texts, ${what} has cosine ${mean.toFixed(4)} with the float32 model on average, ` +
      `but ${least.toFixed(4)} on the worst, below ${leastCosine}: ${JSON.stringify(worst.slice(0, 80))}. ` +
      "Calibrate on texts more like these, or state a lower cosine.",
    { details: { mean, least } },
  );
}

async function withEncoder<T>(
  options: { readonly folder: string; readonly file: string; readonly threads: number | undefined },
  use: (encoder: Encoder) => Promise<T>,
): Promise<T> {
  const encoder = await openEncoder(options);
  try {
    return await use(encoder);
  } finally {
    await encoder.close();
  }
}

function split(texts: readonly string[]): { calibrating: readonly string[]; compared: readonly string[] } {
  if (texts.length < FEW_TEXTS) return { calibrating: texts, compared: texts };
  const every = (offset: number): string[] => texts.filter((_, index) => index % 2 === offset).slice(0, MOST_TEXTS);
  return { calibrating: every(0), compared: every(1) };
}

async function floatFile(folder: string): Promise<string> {
  for (const file of FLOAT_FILES) if (await exists(join(folder, file))) return file;
  throw new PolysemeError("invalid", `${folder} has no float32 ONNX file (looked for ${FLOAT_FILES.join(", ")}).`);
}

async function writeHalf(path: string, graph: OnnxModel): Promise<number> {
  try {
    return await writeGraph(path, withNeededOpsets(toHalfGraph(graph)));
  } catch (error) {
    throw new PolysemeError("invalid", `The graph cannot be written in half precision: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

async function writeGraph(path: string, model: OnnxModel): Promise<number> {
  const bytes = writeModel(model);
  await writeFile(path, bytes);
  return bytes.length;
}

async function sizeOf(folder: string, file: string): Promise<number> {
  const sizes = [file, `${file}_data`, `${file}.data`].map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function guarded<T>(
  { folder, file, signal }: { folder: string; file: string; signal: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new PolysemeError("model_unavailable", `${join(folder, file)} cannot be prepared: ${messageOf(error)}`, {
      details: { file },
      cause: error,
    });
  }
}
