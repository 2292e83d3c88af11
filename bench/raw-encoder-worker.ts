import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { integerSumsOverflow } from "../packages/encoder/src/integer-sums.ts";
import type { PaddedBatch } from "../packages/encoder/src/pad-batch.ts";
import type { FromRawWorker, RawSessionSpec, ToRawWorker } from "./raw-encoder.ts";

/** Thread entry: one session that takes batch after batch off a shared counter. */
const spec = workerData as RawSessionSpec;
if (parentPort === null) throw new Error("This file is the entry of a worker thread.");
const port = parentPort;
const next = new Int32Array(spec.next);

type Feeds = Record<string, Tensor>;
let prepared: Feeds[] = [];

try {
  const session = await openSession();
  port.on("message", (message: ToRawWorker) => {
    answer(session, message).catch(fail);
  });
  send({ kind: "ready" });
} catch (error) {
  fail(error);
}

async function openSession(): Promise<InferenceSession> {
  const inWideSums = spec.mayOverflow && (await integerSumsOverflow());
  const bytes = new Uint8Array(Buffer.concat([await readFile(spec.path), spec.appended]));
  return InferenceSession.create(bytes, {
    executionProviders: ["cpu"],
    intraOpNumThreads: spec.intraOp,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    enableMemPattern: false,
    // Threads that spin are the faster ones where nothing else wants the cores, as here.
    extra: {
      session: {
        intra_op: { allow_spinning: "1" },
        set_denormal_as_zero: "1",
        // Integers as the embedder's are multiplied: where they overflow, faster ones would be other, worse vectors.
        ...(inWideSums ? { x64quantprecision: "1" } : {}),
      },
    },
  });
}

async function answer(session: InferenceSession, message: ToRawWorker): Promise<void> {
  switch (message.kind) {
    case "prepare":
      prepared = message.batches.map(feedsOf);
      // The first is the longest: after it the memory of every other shape is there.
      for (const feeds of prepared.slice(0, 2)) checkUnitLength(await encode(session, feeds));
      send({ kind: "ready" });
      return;
    case "go":
      for (;;) {
        const feeds = prepared[Atomics.add(next, 0, 1)];
        if (feeds === undefined) break;
        await encode(session, feeds);
      }
      send({ kind: "done" });
      return;
    case "close":
      await session.release();
      port.close();
      return;
    default:
      throw new Error(`Unknown message ${String(message satisfies never)}`);
  }
}

async function encode(session: InferenceSession, feeds: Feeds): Promise<Float32Array> {
  const { [spec.output]: result } = await session.run(feeds, [spec.output]);
  if (!(result?.data instanceof Float32Array)) throw new Error(`The model gave no ${spec.output}.`);
  return result.data;
}

/** A ceiling of runs that compute nothing would be a high one. */
function checkUnitLength(embeddings: Float32Array): void {
  const norm = Math.hypot(...embeddings.subarray(0, spec.dimensions));
  if (Math.abs(norm - 1) > 1e-3) throw new Error(`The first embedding has the length ${norm}, not 1.`);
}

function feedsOf({ count, longest, ids, mask }: PaddedBatch): Feeds {
  const shape = [count, longest];
  return {
    input_ids: new Tensor("int64", ids, shape),
    attention_mask: new Tensor("int64", mask, shape),
    ...(spec.hasTokenTypes ? { token_type_ids: new Tensor("int64", new BigInt64Array(ids.length), shape) } : {}),
  };
}

function fail(error: unknown): void {
  send({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  port.close();
}

function send(message: FromRawWorker): void {
  port.postMessage(message);
}
