import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readModelFolder } from "@polyseme/encoder";
import { padBatch, type PaddedBatch } from "../packages/encoder/src/pad-batch.ts";

/** How the cores are used: `workers` sessions, each with `intraOp` threads. */
export interface ThreadSetup {
  readonly workers: number;
  readonly intraOp: number;
}

export interface RawSessionSpec {
  readonly path: string;
  /** Bytes that add the pooled output to a plain export. */
  readonly appended: Uint8Array;
  readonly hasTokenTypes: boolean;
  /** Integer products could leave 16 bits. */
  readonly mayOverflow: boolean;
  readonly output: string;
  readonly dimensions: number;
  readonly intraOp: number;
  /** One Int32: the next batch nobody has taken. */
  readonly next: SharedArrayBuffer;
}

export type ToRawWorker =
  { readonly kind: "prepare"; readonly batches: readonly PaddedBatch[] } | { readonly kind: "go" | "close" };

export type FromRawWorker = { readonly kind: "ready" | "done" } | { readonly kind: "failed"; readonly message: string };

/** What onnxruntime-node does with nothing around it. */
export interface RawEncoder {
  /** Real tokens a second over one pass of all the texts, inputs built beforehand, each batch's embeddings fetched. */
  measure(texts: readonly Int32Array[], budgetTokens: number): Promise<number>;
  close(): Promise<void>;
}

/** Both ways to use all cores. */
export function threadSetups(cores = availableParallelism()): ThreadSetup[] {
  return cores === 1
    ? [{ workers: 1, intraOp: 1 }]
    : [
        { workers: cores, intraOp: 1 },
        { workers: 1, intraOp: cores },
      ];
}

export function nameOf({ workers, intraOp }: ThreadSetup): string {
  return `${workers} x ${intraOp} thread${intraOp === 1 ? "" : "s"}`;
}

/**
 * Batches of texts of like length, the longest first, so that the last ones to run are short and the threads end together.
 * A text above the budget goes alone.
 */
export function lengthSortedBatches(texts: readonly Int32Array[], budgetTokens: number): Int32Array[][] {
  const sorted = [...texts].sort((a, b) => b.length - a.length);
  const batches: Int32Array[][] = [];
  for (const text of sorted) {
    const current = batches.at(-1);
    const longest = current?.[0]?.length ?? Infinity;
    if (current !== undefined && longest * (current.length + 1) <= budgetTokens) current.push(text);
    else batches.push([text]);
  }
  return batches;
}

/** Loads the model in threads of its own, through none of the pipeline's runner. */
export async function openRawEncoder(folder: string, setup: ThreadSetup): Promise<RawEncoder> {
  const model = await readModelFolder(folder);
  const next = new SharedArrayBuffer(4);
  const spec: RawSessionSpec = {
    path: join(model.folder, model.file),
    appended: model.outputs.appended,
    hasTokenTypes: model.hasTokenTypes,
    mayOverflow: model.mayOverflow,
    output: model.outputs.embedding ?? "",
    dimensions: model.dimensions,
    intraOp: setup.intraOp,
    next,
  };
  const entry = new URL("./raw-encoder-worker-from-source.mjs", import.meta.url);
  const workers = Array.from({ length: setup.workers }, () => new Worker(entry, { workerData: spec, execArgv: [] }));
  const askAll = (message: ToRawWorker): Promise<void[]> => Promise.all(workers.map((worker) => ask(worker, message)));
  await Promise.all(workers.map((worker) => answerOf(worker)));
  return {
    async measure(texts, budgetTokens) {
      const batches = lengthSortedBatches(texts, budgetTokens).map((batch) => padBatch(batch, model.padTokenId));
      await askAll({ kind: "prepare", batches });
      Atomics.store(new Int32Array(next), 0, 0);
      const started = performance.now();
      await askAll({ kind: "go" });
      const seconds = (performance.now() - started) / 1_000;
      return texts.reduce((sum, { length }) => sum + length, 0) / seconds;
    },
    async close() {
      await Promise.all(
        workers.map(async (worker) => {
          const ended = once(worker, "exit");
          worker.postMessage({ kind: "close" } satisfies ToRawWorker);
          await ended;
        }),
      );
    },
  };
}

function ask(worker: Worker, message: ToRawWorker): Promise<void> {
  const answer = answerOf(worker);
  worker.postMessage(message);
  return answer;
}

async function answerOf(worker: Worker): Promise<void> {
  const [message] = (await once(worker, "message")) as [FromRawWorker];
  if (message.kind === "failed") throw new Error(`The raw encoder failed: ${message.message}`);
}
