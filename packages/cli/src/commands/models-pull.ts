import { PolysemeError, readConfig, type Config } from "@polyseme/core";
import {
  downloadable,
  lookForModel,
  makeHubClient,
  pullModel,
  SECOND_CHOICE,
  type HubId,
  type PulledModel,
} from "@polyseme/encoder";
import { Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { describeBytes, makeProgressView } from "../progress.ts";

interface Options {
  readonly precision?: "fp32" | "int8";
  readonly json?: true;
}

/** `polyseme models pull ID`: a model from the hub into the folder of models. */
export function addModelsPull(models: Command, context: CliContext): void {
  models
    .command("pull")
    .description("Download a model from the Hugging Face hub, or go on with a download that was cut")
    .argument("<id>", "org/name or org/name@revision (a branch, a tag or a commit)")
    .addOption(
      new Option("--precision <precision>", "which graph, where there are several")
        .choices(["fp32", "int8"])
        .default("fp32"),
    )
    .option("--json", "print JSON")
    .action(async (name: string, { precision, json }: Options) => {
      const config = readConfig(context.env);
      const here = await lookForModel(name, { modelsDir: config.modelsDir });
      const wanted = here === undefined ? downloadable(name, config) : undefined;
      if (here === undefined && wanted === undefined)
        throw new PolysemeError("invalid", `"${name}" names no model on the hub. Give org/name or org/name@revision.`);
      const pulled: PulledModel | undefined =
        wanted === undefined ? here : await pullShown(context, config, wanted, precision);
      if (pulled === undefined) return;
      const { download } = pulled;
      if (json === true)
        context.out.json({
          name: pulled.name,
          folder: pulled.folder,
          downloaded: download !== undefined,
          ...(download !== undefined && { commit: download.commit, graph: download.graph, files: download.files }),
        });
      else {
        if (download === undefined) context.err.line(`${pulled.name} is here already.`);
        context.out.line(pulled.folder);
      }
    });
}

/** Downloads the default model where it is one of the hub's and not here yet, before a command that needs it begins. */
export async function pullDefaultModel(context: CliContext, config: Config): Promise<void> {
  const here = await lookForModel(config.model, { modelsDir: config.modelsDir });
  const wanted = here === undefined ? downloadable(config.model, config) : undefined;
  if (wanted !== undefined) await pullShown(context, config, wanted);
}

async function pullShown(
  context: CliContext,
  { hub, device }: Config,
  { id, modelsDir }: { readonly id: HubId; readonly modelsDir: string },
  precision?: "fp32" | "int8",
): Promise<PulledModel> {
  const client = makeHubClient(hub);
  context.err.line(`Downloading ${id.name} from ${client.endpoint} to ${modelsDir} ...`);
  const view = makeProgressView(context);
  try {
    const pulled = await pullModel(id, {
      client,
      modelsDir,
      device,
      precision,
      signal: context.signals.stop,
      onProgress: ({ doneBytes, totalBytes }) => {
        view.update({ ...NO_RATE, done: doneBytes, total: totalBytes, text: describeBytes(doneBytes, totalBytes) });
      },
      onWait: () => {
        context.err.line("Another process is downloading it; waiting for that one.");
      },
    });
    if (pulled.download?.isSecondChoice === true && precision !== "int8")
      context.err.line(context.err.colors.yellow(`Note: ${SECOND_CHOICE}.`));
    return pulled;
  } finally {
    view.stop();
    await client.close();
  }
}

const NO_RATE = { tokensPerSecond: undefined, secondsLeft: undefined } as const;
