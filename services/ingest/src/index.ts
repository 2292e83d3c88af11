export { makeIngest, type IngestOptions } from "./ingest.ts";
export { runIngest } from "./run.ts";
