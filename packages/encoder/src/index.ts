export { openEncoder, embedTexts, encodeTexts, type EncodedText, type OpenEncoderOptions } from "./encoder.ts";
export { embedQueries, encodeQuery, type EncodedQuery } from "./encode-query.ts";
export type { BatchReport } from "./batch-runner.ts";
export { openCrossEncoder, type CrossEncoder, type CrossInfo, type PairScore } from "./cross-encoder.ts";
export { readAnyConfig, readPairFolder } from "./pair-folder.ts";
export { openReranker, type Reranker } from "./reranker.ts";
export { findModel, listModels, lookForModel, type FoundModel, type ModelPlaces } from "./find-model.ts";
export { CPU_BUDGET, GPU_BUDGET, takeBatch, type BatchBudget, type WaitingItem } from "./pack.ts";
export { sparseTexts } from "./sparse-texts.ts";
export { normalised } from "./check-vectors.ts";
export { poolUnits, wordNumbers } from "./pool-units.ts";
export { openRowProducts, productQueries, type ProductQueries, type RowProducts } from "./row-products.ts";
export { tokenUnits } from "./token-units.ts";
export { unitVectors, wordUnits } from "./word-units.ts";
export type { ModelConfig } from "./parse-model-config.ts";
export { readModelConfig, readModelFolder, type ModelFolder } from "./read-model-folder.ts";
export type * from "./types.ts";
export { makeCatalog, openCatalog, type ModelCatalog, type ModelShape, type OpenCatalog } from "./catalog.ts";
export { makeHubClient, type HubClient } from "./hub/hub-client.ts";
export { parseHubId, type HubId } from "./hub/hub-id.ts";
export { downloadable, SECOND_CHOICE } from "./hub/model-puller.ts";
export { pullModel, type PulledModel, type PullOptions, type PullProgress } from "./hub/pull-model.ts";
export { makeEncoderRegistry, type EncoderRegistry } from "./encoder-registry.ts";
export type { InferenceProbe } from "./inference-probe.ts";
export { showEncoders } from "./encoder-gauges.ts";
export { encoderThreads, openEncoders, type LoadedEncoders } from "./open-encoders.ts";
export { readModelPrompts } from "./named-prompts.ts";
export {
  prepareModel,
  type PreparedModel,
  type PrepareOptions,
  type PrepareProgress,
} from "./prepare/prepare-model.ts";
