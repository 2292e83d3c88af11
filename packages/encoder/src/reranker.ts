import { messageOf, PolysemeError, type Config, type Log, type Metrics, type StopStep } from "@polyseme/core";
import { openCrossEncoder, type CrossEncoder } from "./cross-encoder.ts";
import { findModel, lookForModel, type FoundModel } from "./find-model.ts";
import { parseHubId } from "./hub/hub-id.ts";
import { isDownloading, makeModelPuller, type ModelPuller } from "./hub/model-puller.ts";

/** The one model of a process that scores pairs of texts, where its settings name one. */
export interface Reranker {
  /** Whether the settings name one. */
  readonly isSet: boolean;
  /**
   * The model, loaded at the first call where it is not yet; one that could not be loaded, or is lost, is tried again.
   * @throws PolysemeError `invalid` when the settings name none, or one that is not there; `model_unavailable` when it cannot
   * be loaded or is being downloaded
   */
  get(): Promise<CrossEncoder>;
  /** The model where it is loaded. */
  loaded(): CrossEncoder | undefined;
  readonly closeStep: StopStep;
}

export interface RerankerContext {
  readonly metrics: Metrics;
  readonly log: Log;
}

type RerankSettings = Pick<
  Config,
  "rerankModel" | "modelsDir" | "hub" | "device" | "cacheDir" | "encoderThreads" | "batchTokens"
>;

const CLOSE_MS = 10_000;

/**
 * Begins to load the model that the settings name, behind everything else: a process without it does all else that it does,
 * and says why this cannot be had.
 */
export function openReranker(config: RerankSettings, context: RerankerContext): Reranker {
  const { rerankModel } = config;
  if (rerankModel === undefined) return NOT_SET;
  const reranker = makeReranker(rerankModel, config, context);
  void reranker.begin();
  return reranker;
}

const NOT_SET: Reranker = {
  isSet: false,
  get: () =>
    Promise.reject(
      new PolysemeError(
        "invalid",
        "No model scores pairs of texts here. Set POLYSEME_RERANK_MODEL to one and start the service again, or leave rerank out.",
        { details: { field: "rerank", setting: "POLYSEME_RERANK_MODEL" } },
      ),
    ),
  loaded: () => undefined,
  closeStep: { name: "the model for pairs", withinMs: CLOSE_MS, stop: () => undefined },
};

function makeReranker(
  name: string,
  config: RerankSettings,
  { metrics, log }: RerankerContext,
): Reranker & { begin(): Promise<void> } {
  const { modelsDir } = config;
  const puller: ModelPuller | undefined =
    parseHubId(name) === undefined ? undefined : makeModelPuller(name, config, log);
  let loading: Promise<CrossEncoder> | undefined;
  let ready: CrossEncoder | undefined;
  let isClosed = false;

  async function find(): Promise<FoundModel> {
    if (puller === undefined) return findModel(name, { modelsDir });
    return (await lookForModel(name, { modelsDir })) ?? puller.find();
  }

  async function open(): Promise<CrossEncoder> {
    const { folder, name: found } = await find();
    const { device, cacheDir, encoderThreads: threads, batchTokens } = config;
    const budget = batchTokens === undefined ? undefined : { maxTokens: batchTokens };
    const onFallback = (reason: PolysemeError, tried: object): void => {
      log.info({ ...tried, reason: reason.message }, "the model for pairs does not run this way; trying the next");
    };
    const onFailedRun = (): void => metrics.encoderFailedRuns.inc();
    return openCrossEncoder({ folder, name: found, device, cacheDir, threads, budget, onFallback, onFailedRun });
  }

  function load(): Promise<CrossEncoder> {
    if (isClosed) return Promise.reject(new PolysemeError("unavailable", "The model for pairs is closing."));
    if (loading !== undefined) return loading;
    const own = open();
    loading = own;
    own.then(
      (model) => {
        ready = model;
        const { file, graph, device, maxTokens } = model.info;
        metrics.encoderInfo.set({ model: model.info.name, file, graph, device }, 1);
        log.info({ model: model.info.name, file, graph, device, maxTokens }, "model for pairs ready");
      },
      () => {
        // It may be mended on disk, so whoever comes next tries again.
        if (loading === own) loading = undefined;
      },
    );
    return own;
  }

  function forget(lost: CrossEncoder): void {
    if (ready !== lost) return;
    ready = loading = undefined;
    const { name: model, file, graph, device } = lost.info;
    metrics.encoderInfo.remove({ model, file, graph, device });
    log.error({ model, device, reason: lost.failure?.message }, "the model for pairs is lost; it is opened again");
    void lost.close();
  }

  const tell = (error: unknown): void => {
    if (!isClosed && !isDownloading(error))
      log.error(
        { model: name, reason: messageOf(error) },
        "the model for pairs is not loaded; searches that rerank by it fail",
      );
  };

  return {
    isSet: true,
    async begin() {
      const first = await load().catch((error: unknown) => error);
      if (!(first instanceof Error)) return;
      tell(first);
      if (puller === undefined || !isDownloading(first)) return;
      await puller.ended();
      await load().catch(tell);
    },
    async get() {
      try {
        const model = await load();
        if (model.failure === undefined) return model;
        forget(model);
        return await load();
      } catch (error) {
        throw ofRerank(error);
      }
    },
    loaded: () => ready,
    closeStep: {
      name: "the model for pairs",
      withinMs: CLOSE_MS,
      async stop() {
        isClosed = true;
        await puller?.close();
        const model = await loading?.catch(() => undefined);
        await model?.close();
      },
    },
  };
}

/** Names what of a request is at fault, which is not the collection's model. */
function ofRerank(error: unknown): unknown {
  if (!(error instanceof PolysemeError)) return error;
  return new PolysemeError(
    // That the name is wrong is the operator's to mend and not the caller's.
    error.code === "invalid" ? "model_unavailable" : error.code,
    `The model of POLYSEME_RERANK_MODEL is not to be had: ${error.message}`,
    { details: { ...error.details, field: "rerank" }, cause: error },
  );
}
