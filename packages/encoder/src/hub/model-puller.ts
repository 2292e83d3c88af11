import { asPolysemeError, PolysemeError, type Config, type Log } from "@polyseme/core";
import { deferred, type Deferred } from "../deferred.ts";
import type { FoundModel } from "../find-model.ts";
import { makeHubClient, type HubClient } from "./hub-client.ts";
import { parseHubId, type HubId } from "./hub-id.ts";
import { pullModel, type PullProgress, type PullTuning } from "./pull-model.ts";

/** Brings the one model of a process's settings from the hub, behind everything else that it does. */
export interface ModelPuller {
  /**
   * Begins where it has not begun, or has failed a while ago.
   * @throws PolysemeError always: `model_unavailable` with `details.downloading` while it is under way, else why it failed
   */
  find(): Promise<FoundModel>;
  /**
   * Resolves as soon as the hub has said that there is such a model and how large it is, or does not answer in time: the
   * process may go on, and say that it is not ready.
   * @throws PolysemeError when the model cannot be had
   */
  begun(): Promise<void>;
  /** Resolves with the try that is under way, however it ends. */
  ended(): Promise<void>;
  /** Aborted once it closes. */
  readonly closing: AbortSignal;
  close(): Promise<void>;
}

export type PullSettings = Pick<Config, "hub" | "modelsDir" | "device">;

/** The first answer of the hub is waited for at start, so that a wrong name ends the process and not its first request. */
const BEGIN_MS = 10_000;
const LOG_EVERY_MS = 5_000;
/** After a try that failed, and twice as long after each further one. */
const PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * What `name` is on the hub when it may be asked for it; undefined when the name is none of the hub's.
 * @throws PolysemeError `model_unavailable` when it may not, and what to do instead
 */
export function downloadable(
  name: string,
  { hub, modelsDir }: PullSettings,
): { id: HubId; modelsDir: string } | undefined {
  const id = parseHubId(name);
  if (id === undefined) return undefined;
  if (hub.offline)
    throw new PolysemeError(
      "model_unavailable",
      `${name} is not on this machine, and HF_HUB_OFFLINE forbids to fetch it. Copy its folder to ` +
        `${modelsDir ?? "POLYSEME_MODELS_DIR"}, or unset HF_HUB_OFFLINE.`,
      { details: { field: "model" } },
    );
  if (modelsDir === undefined)
    throw new PolysemeError(
      "model_unavailable",
      `There is no folder to download ${name} to. Set POLYSEME_MODELS_DIR to one that this user may write.`,
      { details: { field: "POLYSEME_MODELS_DIR" } },
    );
  return { id, modelsDir };
}

export function isDownloading(error: unknown): boolean {
  return error instanceof PolysemeError && error.details?.["downloading"] === true;
}

interface Try {
  readonly begun: Deferred<undefined>;
  ended: Promise<void>;
  progress: PullProgress | undefined;
  failure: { readonly error: PolysemeError; readonly atMs: number } | undefined;
}

export function makeModelPuller(name: string, settings: PullSettings, log: Log, tuning?: PullTuning): ModelPuller {
  const closing = new AbortController();
  let current: Try | undefined;
  let failures = 0;

  function start(): Try {
    const own: Try = { begun: deferred(), ended: Promise.resolve(), progress: undefined, failure: undefined };
    // Nobody may be waiting.
    own.begun.promise.catch(() => undefined);
    own.ended = pull(own).then(
      () => {
        failures = 0;
        current = undefined;
        own.begun.resolve(undefined);
      },
      (thrown: unknown) => {
        const error = asPolysemeError(thrown);
        failures += 1;
        own.failure = { error, atMs: performance.now() };
        own.begun.reject(error);
        if (!closing.signal.aborted) log.error({ model: name, reason: error.message }, "the model was not downloaded");
      },
    );
    return own;
  }

  async function pull(own: Try): Promise<void> {
    const wanted = downloadable(name, settings);
    if (wanted === undefined) throw new PolysemeError("invalid", `"${name}" names no model on the hub.`);
    const client: HubClient = makeHubClient(settings.hub);
    let logAtMs = performance.now();
    try {
      const { folder, download } = await pullModel(wanted.id, {
        client,
        modelsDir: wanted.modelsDir,
        device: settings.device,
        signal: closing.signal,
        onProgress(progress) {
          own.progress = progress;
          own.begun.resolve(undefined);
          if (performance.now() < logAtMs) return;
          logAtMs = performance.now() + LOG_EVERY_MS;
          log.info({ model: name, ...progress, from: client.endpoint }, "the model is being downloaded");
        },
        onWait() {
          own.begun.resolve(undefined);
          log.info({ model: name }, "the model is being downloaded by another process");
        },
        tuning,
      });
      if (download === undefined) return;
      log.info({ model: name, folder, commit: download.commit, graph: download.graph }, "the model is downloaded");
      if (download.isSecondChoice) log.warn({ model: name }, SECOND_CHOICE);
    } finally {
      await client.close();
    }
  }

  const running = (): Try => {
    const failedMs = current?.failure === undefined ? undefined : performance.now() - current.failure.atMs;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.max(0, failures - 1));
    if (current === undefined || (failedMs !== undefined && failedMs > pauseMs)) current = start();
    return current;
  };

  return {
    find() {
      const { failure, progress } = running();
      return Promise.reject(failure?.error ?? downloading(name, progress));
    },
    async begun() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, BEGIN_MS);
      });
      await Promise.race([running().begun.promise, late]).finally(() => {
        clearTimeout(timer);
      });
    },
    ended: () => running().ended,
    closing: closing.signal,
    async close() {
      closing.abort(
        new PolysemeError("unavailable", "The download was stopped with the process; the next one goes on with it."),
      );
      await current?.ended;
    },
  };
}

/** What to say of a graph of integers that was taken for want of another. */
export const SECOND_CHOICE =
  "the model has no float32 graph here, only one of integers: a text's vector depends a little on what is encoded beside it";

function downloading(name: string, progress: PullProgress | undefined): PolysemeError {
  const of =
    progress === undefined || progress.totalBytes === 0
      ? ""
      : ` (${megabytes(progress.doneBytes)} of ${megabytes(progress.totalBytes)} MB)`;
  return new PolysemeError("model_unavailable", `The model ${name} is being downloaded${of}.`, {
    details: { field: "model", downloading: true },
  });
}

function megabytes(bytes: number): string {
  return Math.floor(bytes / 1e6).toLocaleString("en");
}
