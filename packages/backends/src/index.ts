export type { BackendOptions, Backends, NamedPool } from "./backends.ts";
export { openBackends } from "./open-backends.ts";
export { adviseOnIndexes, readIndexHealth, type Advice } from "@polyseme/store";
export { readDataDirHolder, type DataDirHolder } from "./data-dir-lock.ts";
