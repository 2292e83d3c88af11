import { basename, dirname, join, resolve } from "node:path";
import { readConfig } from "@polyseme/core";
import { findModel, prepareModel, type PreparedModel, type PrepareProgress } from "@polyseme/encoder";
import { InvalidArgumentError, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { readTexts } from "../prepare-texts.ts";
import { makeProgressView, type ProgressState } from "../progress.ts";
import { renderTable } from "../table.ts";

interface Options {
  readonly texts?: string;
  readonly out?: string;
  readonly minCosine: number;
  readonly fp16?: true;
  readonly json?: true;
}

const LEAST_COSINE = 0.995;

const HELP = `
The model's folder must hold a float32 ONNX file (onnx/model.onnx). The prepared model is a folder of its own: vectors of
the two are near to each other, not the same, so a collection is migrated from one to the other.

Examples:
  polyseme models prepare intfloat/multilingual-e5-small --texts docs/
  polyseme models prepare ./my-model --out ./my-model-int8 --fp16 --min-cosine 0.99`;

/** `polyseme models prepare`: fp32 ONNX in, int8 (and fp16) out, kept only when it is near enough. */
export function addModelsPrepare(models: Command, context: CliContext): void {
  models
    .command("prepare")
    .description("Make a model fast on this machine: int8 for the CPU, compared with the original on your texts")
    .argument("<model>", "a model's name or folder")
    .option("--texts <path>", "texts to calibrate and compare on: a file or folder, as ingest reads them (a sample)")
    .option("--out <folder>", "the prepared model's folder (beside the model's, its name with -int8)")
    .option(
      "--min-cosine <number>",
      "save nothing when a text's cosine with the original is below",
      cosine,
      LEAST_COSINE,
    )
    .option("--fp16", "also write a half-precision file for GPUs")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (name: string, options: Options) => {
      const config = readConfig(context.env);
      const { folder } = await findModel(name, { modelsDir: config.modelsDir });
      const texts = await readTexts(options.texts);
      const view = makeProgressView(context);
      const prepared = await prepareModel({
        folder,
        out: options.out === undefined ? join(dirname(folder), `${basename(folder)}-int8`) : resolve(options.out),
        texts,
        leastCosine: options.minCosine,
        half: options.fp16 === true,
        onProgress: (progress) => view.update(stateOf(progress)),
        signal: context.signals.stop,
      }).finally(() => view.stop());
      if (options.json === true) context.out.json(prepared);
      else print(prepared, context);
    });
}

function stateOf({ step, done, total }: PrepareProgress): ProgressState {
  return { what: COUNTED[step], done, total, tokensPerSecond: undefined, secondsLeft: undefined };
}

const COUNTED: Record<PrepareProgress["step"], string> = {
  reading: "graph",
  calibrating: "text",
  comparing: "text",
  timing: "round",
};

function print(prepared: PreparedModel, { out }: CliContext): void {
  const { bytes, rates, cosine, halfCosine } = prepared;
  const [before = NaN, after = NaN] = rates.tokensPerSecond;
  const columns = [
    { title: "" },
    { title: "MB", align: "right" },
    { title: "tokens/s", align: "right" },
    { title: "cosine", align: "right" },
    { title: "worst", align: "right" },
  ] as const;
  const rows = [
    ["float32", megabytes(bytes.before), rate(before), "1", "1"],
    ["int8", megabytes(bytes.after), rate(after), cosine.mean.toFixed(5), cosine.least.toFixed(5)],
    ...(halfCosine === undefined || bytes.half === undefined
      ? []
      : [["fp16", megabytes(bytes.half), "for GPUs", halfCosine.mean.toFixed(5), halfCosine.least.toFixed(5)]]),
  ];
  for (const line of renderTable(columns, rows, out)) out.line(line);
  out.line();
  out.line(
    `${rates.ratio.toFixed(2)} times the tokens/s, over ${cosine.texts} texts. ` +
      `Alone and in a batch a text differs by ${prepared.batchDifference.toExponential(0)} at most.`,
  );
  if (rates.ratio < 1)
    out.line("The model is too small, or this machine too busy, for integers to gain: float32 is faster here.");
  if (prepared.floatProducts > 0)
    out.line(
      `${prepared.floatProducts} of ${prepared.integerProducts + prepared.floatProducts} products stay float32.`,
    );
  out.line(`Saved in ${prepared.folder}. Use it with POLYSEME_MODEL=${prepared.folder}`);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function rate(tokensPerSecond: number): string {
  return Math.round(tokensPerSecond).toLocaleString("en");
}

function cosine(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError("It must be a number above 0, at most 1.");
  return value;
}
