import { readConfig, runMain } from "@polyseme/core";
import { runApi } from "./run.ts";

await runMain(
  process,
  (line) => process.stderr.write(`${line}\n`),
  (signals) =>
    runApi({
      config: readConfig(process.env),
      pid: process.pid,
      signals,
      onListening: (url) => {
        process.stdout.write(`${url}\n`);
      },
    }),
);
