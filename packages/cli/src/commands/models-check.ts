import { readFile } from "node:fs/promises";
import { readConfig } from "@polyseme/core";
import { findModel, openEncoder } from "@polyseme/encoder";
import { InvalidArgumentError, type Command } from "commander";
import { askEndpoint, shapeOf } from "../check-model/ask-endpoint.ts";
import { compareWithReferences, type Check } from "../check-model/compare.ts";
import { printCheck } from "../check-model/print-check.ts";
import { readReferences, type Reference } from "../check-model/reference.ts";
import { USUAL_TEXTS } from "../check-model/texts.ts";
import type { CliContext } from "../context.ts";
import { makeProgressView } from "../progress.ts";

interface Options {
  readonly against: string;
  readonly texts?: string;
  readonly file?: string;
  readonly modelThere?: string;
  readonly keyFrom?: string;
  readonly leastCosine: number;
  readonly json?: true;
}

const LEAST_COSINE = 0.9999;
const MOST_TEXTS = 1_000;
/** Pads freely, where the usual budget would avoid it: what padding does to a vector is to be seen. */
const PADDING_BUDGET = { maxTokens: 20_000, runCostTokens: 1_000 };

const HELP = `
REFERENCE is one of:
  a file      NDJSON lines {"text": …, "embedding": […], "ids"?: […], "prompt"?: "query" or "document"}
  an address  that ends in /v1/embeddings (OpenAI's shape) or /embed (text-embeddings-inference's); it is sent
              some texts in several languages, or those of --texts (a text a line)
The command fails when a cosine is below --least-cosine or token ids are others. docs/models.md says what to do then.`;

/** `polyseme models check`: a model here beside what another library or server makes of the same texts. */
export function addModelsCheck(models: Command, context: CliContext): void {
  models
    .command("check")
    .description("Compare a model's token ids and embeddings with reference ones")
    .argument("<model>", "a name of `models list`, or a folder")
    .requiredOption("--against <reference>", "a file of golden vectors, or the address of a server")
    .option("--texts <file>", "what a server is asked for, a text a line")
    .option("--file <path>", "the ONNX file, relative to the model's folder")
    .option("--model-there <name>", "what the model is called at that server")
    .option("--key-from <variable>", "the environment variable with that server's key")
    .option("--least-cosine <cosine>", "below it the check fails", cosineOption, LEAST_COSINE)
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((model: string, options: Options) => checkModel(model, options, context));
}

async function checkModel(model: string, options: Options, context: CliContext): Promise<void> {
  const { against, leastCosine } = options;
  const signal = context.signals.stop;
  const config = readConfig(context.env);
  const { name, folder } = await findModel(model, { modelsDir: config.modelsDir });
  const references = await referencesOf(options, context, signal);
  const { device, cacheDir } = config;
  const encoder = await openEncoder({
    ...{ folder, name, file: options.file, device, cacheDir },
    threads: 1,
    budget: PADDING_BUDGET,
  });
  const view = makeProgressView(context);
  let done = 0;
  let check: Check;
  try {
    check = await compareWithReferences(encoder, references, {
      signal,
      onText: () => {
        done += 1;
        view.update({
          what: "text",
          done,
          total: references.length,
          tokensPerSecond: undefined,
          secondsLeft: undefined,
        });
      },
    });
  } finally {
    view.stop();
    await encoder.close();
  }
  const { file, dimensions } = encoder.info;
  const passed = check.ids.different === 0 && Math.min(check.alone.min, check.batched.min) >= leastCosine;
  if (options.json === true)
    context.out.json({ model: name, folder, file, dimensions, against, leastCosine, passed, ...check });
  else printCheck(check, { name: `${name} (${file})`, against }, context.out);
  if (!passed) throw new Error(failureOf(check, leastCosine));
}

async function referencesOf(options: Options, context: CliContext, signal: AbortSignal): Promise<Reference[]> {
  const { against, texts, keyFrom, modelThere } = options;
  if (!/^https?:\/\//i.test(against)) {
    if (texts !== undefined)
      throw new Error("--texts goes with the address of a server; a file of golden vectors has its own.");
    return readReferences(against);
  }
  const shape = shapeOf(against);
  if (shape === undefined)
    throw new Error(
      `${against} ends in neither /v1/embeddings nor /embed, so it is not known how to ask. Give the route.`,
    );
  const key = keyFrom === undefined ? undefined : context.env[keyFrom];
  if (keyFrom !== undefined && (key === undefined || key === ""))
    throw new Error(`The environment variable ${keyFrom} of --key-from is not set.`);
  const asked = texts === undefined ? USUAL_TEXTS : await readTexts(texts);
  return askEndpoint({ url: against, shape, key, model: modelThere }, asked, signal);
}

async function readTexts(path: string): Promise<string[]> {
  const lines = (await readFile(path, "utf8")).split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0 || lines.length > MOST_TEXTS)
    throw new Error(`${path} has ${lines.length} lines with a text; 1 to ${MOST_TEXTS} can be compared.`);
  return lines;
}

function failureOf({ ids, alone, batched }: Check, leastCosine: number): string {
  if (ids.different > 0)
    return (
      `${ids.different} of ${ids.compared} texts have other token ids than the reference: the folder's tokenizer.json is ` +
      "not the one that the reference was made with, or its prompts or its limit of tokens are others."
    );
  const least = Math.min(alone.min, batched.min);
  return (
    `The least cosine is ${least.toFixed(7)}, below ${leastCosine}: the pooling, the layers behind it or the weights are ` +
    "not those of the reference. See docs/models.md."
  );
}

function cosineOption(text: string): number {
  const cosine = Number(text);
  if (text.trim() === "" || !(cosine >= -1 && cosine <= 1))
    throw new InvalidArgumentError("It must be a number from -1 to 1.");
  return cosine;
}
