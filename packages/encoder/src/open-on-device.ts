import { join } from "node:path";
import { asPolysemeError, PolysemeError } from "@polyseme/core";
import { chooseProviders, deviceUnavailable, type Provider } from "./choose-provider.ts";
import type { OpenEncoderOptions } from "./encoder.ts";
import type { Precision } from "./made-graph.ts";
import type { GraphOutputs } from "./append-outputs.ts";
import { exists } from "./exists.ts";
import { FLOAT_FILES, HALF_FILE, type ModelFolder } from "./read-model-folder.ts";
import { runtimeHere } from "./runtime-here.ts";
import type { ModelInfo } from "./types.ts";

type AnyFolder = ModelFolder<GraphOutputs>;

/** One way to run a model. */
export interface Attempt<Folder extends AnyFolder = AnyFolder> {
  readonly provider: Provider;
  readonly model: Folder;
  /** undefined: the file as it is. */
  readonly rewritten: Precision | undefined;
}

/** Reads a folder of the kind of model that is opened. */
type ReadFolder<Folder> = (folder: string, file?: string) => Promise<Folder>;

/**
 * Opens the model in the first way that works: providers in their order, on each the graph that suits it best.
 * @throws PolysemeError `model_unavailable`: a device that was named and cannot be used is never replaced by another
 */
export async function openOnDevice<Folder extends AnyFolder, T>(
  read: ReadFolder<Folder>,
  { folder, file, device = "cpu", onFallback }: Pick<OpenEncoderOptions, "folder" | "file" | "device" | "onFallback">,
  open: (attempt: Attempt<Folder>) => Promise<T>,
): Promise<T> {
  const runtime = await runtimeHere();
  const cpuModel = await read(folder, file);
  const providers = chooseProviders(device, runtime);
  let last: PolysemeError | undefined;
  for (const provider of providers) {
    if (provider === "cpu") return open({ provider, model: cpuModel, rewritten: undefined });
    let failure: PolysemeError | undefined;
    for (const attempt of await deviceAttempts(provider, cpuModel, { read, file })) {
      try {
        return await open(attempt);
      } catch (error) {
        failure = asPolysemeError(error);
        onFallback?.(failure, { provider, graph: graphOf(attempt) });
        if (failure.details?.["deviceGone"] === true) break;
      }
    }
    last = deviceUnavailable(provider, problemOf(failure, cpuModel), failure);
  }
  throw last ?? new PolysemeError("internal", "There is no provider to try.");
}

/** As a model's info names it. */
export function graphOf({ rewritten }: Attempt): ModelInfo["graph"] {
  return rewritten ?? "file";
}

/**
 * A half-precision file of the model's own first; then the file that CPU workers run, rewritten, as the vectors of both
 * then are as near to each other as they can be; then a float32 file. A graph of integers is never run as it is: its
 * products would silently run on the CPU.
 */
async function deviceAttempts<Folder extends AnyFolder>(
  provider: Exclude<Provider, "cpu">,
  cpuModel: Folder,
  { file: named, read }: { readonly file: string | undefined; readonly read: ReadFolder<Folder> },
): Promise<Attempt<Folder>[]> {
  const { folder } = cpuModel;
  const as = (model: Folder, rewritten?: Precision): Attempt<Folder> => ({ provider, model, rewritten });
  const isThere = (file: string): Promise<boolean> => exists(join(folder, file));
  const attempts: Attempt<Folder>[] = [];
  if (named === undefined && (await isThere(HALF_FILE))) attempts.push(as(await read(folder, HALF_FILE)));
  attempts.push(as(cpuModel, "half"), as(cpuModel, "float"));
  if (!cpuModel.hasIntegerProducts) attempts.push(as(cpuModel));
  else if (named === undefined)
    for (const file of FLOAT_FILES)
      if (await isThere(file)) {
        const model = await read(folder, file);
        attempts.push(as(model, "half"), as(model));
      }
  return attempts;
}

function problemOf(failure: PolysemeError | undefined, { file, hasIntegerProducts }: AnyFolder): string {
  const problem = failure?.details?.["problem"];
  const reason = typeof problem === "string" ? problem : (failure?.message ?? "there is nothing to run");
  if (failure?.details?.["deviceGone"] === true || !hasIntegerProducts) return reason;
  return `${file} is a graph for the CPU and could not be rewritten, and no float32 file (${FLOAT_FILES.join(", ")}) ran: ${reason}`;
}
