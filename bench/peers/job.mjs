// What every peer shares: its job comes as a file, its answer goes out as one line of JSON.
import { readFileSync } from "node:fs";
import { env } from "@huggingface/transformers";

/** @returns {{texts: string[], databaseUrl: string, modelsDir: string, model: string, dimensions: number}} */
export function readJob() {
  const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
  env.localModelPath = job.modelsDir;
  env.allowRemoteModels = false;
  return job;
}

/** Runs the work under a clock and tells how long it took and how much memory the process held at most. */
export async function answer(work) {
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const peakKb = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  process.stdout.write(`${JSON.stringify({ seconds, peakMiB: peakKb / 1_024 })}\n`);
}
