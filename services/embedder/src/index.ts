export { makeEmbedder, type EmbedderOptions } from "./embedder.ts";
export { runEmbedder } from "./run.ts";
export { makeThroughput, type Throughput } from "./throughput.ts";
