export { makeEmbedder, type EmbedderOptions } from "./embedder.ts";
export { makeQuarantine, type Quarantine, type QuarantineOptions } from "./quarantine/quarantine.ts";
export { runEmbedder } from "./run.ts";
export { makeThroughput, type Throughput } from "./throughput.ts";
