export { buildIndex, dropIndex, type BuildOptions, type BuildOutcome } from "./build-index.ts";
export { INDEX_KINDS, indexName, type IndexKind, type IndexSpec } from "./index-spec.ts";
export { listIndexes, type BuiltIndex } from "./list-indexes.ts";
