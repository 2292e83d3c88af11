export { openBackends, type BackendOptions, type Backends } from "./backends.ts";
export { readDataDirHolder, type DataDirHolder } from "./data-dir-lock.ts";
