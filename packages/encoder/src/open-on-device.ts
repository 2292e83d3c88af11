import { join } from "node:path";
import { asPolysemeError, PolysemeError, type Device } from "@polyseme/core";
import { chooseProviders, deviceUnavailable, type Provider, type Runtime } from "./choose-provider.ts";
import type { Precision } from "./made-graph.ts";
import type { GraphOutputs } from "./append-outputs.ts";
import { exists, FLOAT_FILES, HALF_FILE, type ModelFolder } from "./read-model-folder.ts";

type AnyFolder = ModelFolder<GraphOutputs>;

/** One way to run a model. */
export interface Attempt {
  readonly provider: Provider;
  readonly model: AnyFolder;
  /** undefined: the file as it is. */
  readonly rewritten: Precision | undefined;
}

export interface OnDevice {
  readonly folder: string;
  readonly file: string | undefined;
  /** Reads a folder of the kind of model that is opened. */
  readonly read: (folder: string, file?: string) => Promise<AnyFolder>;
  readonly device: Device;
  readonly runtime: Runtime;
  /** Told what was tried without success before something else is. */
  readonly onFallback: (reason: PolysemeError, attempt: Attempt) => void;
}

/**
 * Opens the model in the first way that works: providers in their order, on each the graph that suits it best.
 * @throws PolysemeError `model_unavailable`: a device that was named and cannot be used is never replaced by another
 */
export async function openOnDevice<T>(options: OnDevice, open: (attempt: Attempt) => Promise<T>): Promise<T> {
  const cpuModel = await options.read(options.folder, options.file);
  const providers = chooseProviders(options.device, options.runtime);
  let last: PolysemeError | undefined;
  for (const provider of providers) {
    if (provider === "cpu") return open({ provider, model: cpuModel, rewritten: undefined });
    let failure: PolysemeError | undefined;
    for (const attempt of await deviceAttempts(provider, cpuModel, options)) {
      try {
        return await open(attempt);
      } catch (error) {
        failure = asPolysemeError(error);
        options.onFallback(failure, attempt);
        if (failure.details?.["deviceGone"] === true) break;
      }
    }
    last = deviceUnavailable(provider, problemOf(failure, cpuModel), failure);
  }
  throw last ?? new PolysemeError("internal", "There is no provider to try.");
}

/**
 * A half-precision file of the model's own first; then the file that CPU workers run, rewritten, as the vectors of both
 * then are as near to each other as they can be; then a float32 file. A graph of integers is never run as it is: its
 * products would silently run on the CPU.
 */
async function deviceAttempts(
  provider: Exclude<Provider, "cpu">,
  cpuModel: AnyFolder,
  { file: named, read }: Pick<OnDevice, "file" | "read">,
): Promise<Attempt[]> {
  const { folder } = cpuModel;
  const as = (model: AnyFolder, rewritten?: Precision): Attempt => ({ provider, model, rewritten });
  const isThere = (file: string): Promise<boolean> => exists(join(folder, file));
  const attempts: Attempt[] = [];
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
