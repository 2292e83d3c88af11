import { holdHeap, readConfig, runMain } from "@polyseme/core";
import { runEmbedder } from "./run.ts";

holdHeap(100);
await runMain(
  process,
  (line) => process.stderr.write(`${line}\n`),
  (signals) =>
    runEmbedder({
      config: readConfig(process.env),
      pid: process.pid,
      signals,
      onListening: (url) => {
        process.stdout.write(`${url}\n`);
      },
    }),
);
