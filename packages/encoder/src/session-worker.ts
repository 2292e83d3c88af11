import { open } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { SparseVector } from "@polyseme/core";
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { areFinite } from "./check-vectors.ts";
import { probeModel } from "./device-probe.ts";
import { integerSumsOverflow } from "./integer-sums.ts";
import { madeGraph } from "./made-graph.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import { sparseRow } from "./sparse-row.ts";
import type {
  DenseOutput,
  FromWorker,
  Output,
  RunMessage,
  TextVectors,
  ToWorker,
  WantedOutputs,
  WorkerStart,
} from "./session-protocol.ts";

/**
 * Thread entry: one ONNX session, one run at a time. `run` of onnxruntime-node blocks the thread that calls it and
 * ending that thread in the middle aborts the process, so sessions live here and end by themselves after a `close`.
 */
const OUTPUTS: readonly Output[] = ["embedding", "contextual", "statics", "score", "sparse"];

const { spec, begun } = workerData as WorkerStart;
if (parentPort === null) throw new Error("This file is the entry of a worker thread.");
const port = parentPort;

// What fails is thrown; the native log would repeat it past ours.
env.logLevel = "fatal";
/** The pool posts at most a few: one to follow the run in work, and an urgent one. */
const waiting: ToWorker[] = [];
let isWorking = false;
const onDevice = !spec.providers.includes("cpu");
let noDevice = onDevice;

try {
  if (onDevice) await probe("float");
  noDevice = false;
  if (spec.rewritten === "half") await probe("half");
  const session = await openSession();
  port.on("message", (message: ToWorker) => {
    waiting.push(message);
    void work(session);
  });
  await warmUp(session);
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "broken", message: messageOf(error), noDevice });
  port.close();
}

/** Runs what waits, one after the other, until nothing does. */
async function work(session: InferenceSession): Promise<void> {
  if (isWorking) return;
  isWorking = true;
  for (let message = nextMessage(); message !== undefined; message = nextMessage())
    if (message.kind === "run") await answer(session, message);
    else {
      await session.release();
      port.close();
    }
  isWorking = false;
}

/** An urgent run first. Looks at the port itself, as events are not told between two runs. */
function nextMessage(): ToWorker | undefined {
  for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port))
    waiting.push(more.message as ToWorker);
  const urgent = waiting.findIndex((message) => message.kind === "run" && message.urgent);
  return waiting.splice(Math.max(0, urgent), 1)[0];
}

async function answer(session: InferenceSession, { run: number, batch, wanted }: RunMessage): Promise<void> {
  Atomics.store(begun, 0, number);
  try {
    const started = performance.now();
    const texts = await run(session, batch, wanted);
    send(
      { kind: "done", run: number, texts, encodeMs: performance.now() - started },
      // Sparse ones are small, and copied.
      texts.flatMap(({ sparse: _, ...dense }) => Object.values(dense).map(({ buffer }) => buffer)),
    );
  } catch (error) {
    const message = messageOf(error);
    const outOfMemory = OUT_OF_MEMORY.test(message);
    // Before a text alone is blamed, and on a device always, as that may be gone.
    if ((onDevice || (batch.count === 1 && !outOfMemory)) && !(await stillRuns(session))) {
      send({ kind: "lost", message });
      port.close();
    } else send({ kind: "failed", run: number, message, outOfMemory });
  }
}

/** As onnxruntime, its devices, C++ and V8 put it. */
const OUT_OF_MEMORY = /out of memory|failed to allocate|allocation failed|bad[_ ]alloc|OUT_OF_MEMORY/i;

/** Tells a session that is of no more use from a batch that it cannot take: a text that ran before is run again. */
async function stillRuns(session: InferenceSession): Promise<boolean> {
  return warmUp(session).then(
    () => true,
    () => false,
  );
}

/** Before the model is read or rewritten, whether there is a device at all and what it computes. */
async function probe(precision: "half" | "float"): Promise<void> {
  const session = await InferenceSession.create(probeModel(precision), {
    executionProviders: [...spec.providers],
    logSeverityLevel: 4,
  });
  try {
    const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(3), [1]) });
    if (y?.data[0] !== 9) throw new Error(`the device says that 3 times 3 is ${String(y?.data[0])}`);
  } finally {
    await session.release();
  }
}

async function openSession(): Promise<InferenceSession> {
  const inWideSums = spec.mayOverflow === true && !onDevice && (await integerSumsOverflow());
  const options: InferenceSession.SessionOptions = {
    executionProviders: [...spec.providers],
    // One worker a core, one thread each: keeps its rate when the cores have other work, where wider sessions collapse.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // Patterns are kept per shape, and here almost every batch has another.
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: {
      session: {
        intra_op: { allow_spinning: "0" },
        set_denormal_as_zero: "1",
        // Where pairs of int8 products overflow (MiniLM in int8, not prepared for 16 bits), cosine with float32 is 0.9948
        // (worst 0.990), with this 0.9988 (0.9976), for a tenth of its speed.
        ...(inWideSums ? { x64quantprecision: "1" } : {}),
        model_external_initializers_file_folder_path: spec.weightsFolder,
      },
    },
  };
  if (spec.rewritten !== undefined)
    return InferenceSession.create(await madeGraph(await readWithAppended(), spec.rewritten, spec.cacheDir), options);
  return spec.appended.length === 0
    ? InferenceSession.create(spec.path, options)
    : InferenceSession.create(await readWithAppended(), options);
}

/** One buffer for both, as the file may be most of the thread's memory. */
async function readWithAppended(): Promise<Uint8Array> {
  const file = await open(spec.path);
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size + spec.appended.length);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) throw new Error("the file became shorter while it was read");
      at += bytesRead;
    }
    bytes.set(spec.appended, size);
    return bytes;
  } finally {
    await file.close();
  }
}

async function warmUp(session: InferenceSession): Promise<void> {
  const names = OUTPUTS.flatMap((output) => spec.outputNames[output] ?? []);
  const results = await session.run(feedsOf(spec.warmUp), names);
  for (const output of OUTPUTS) {
    const name = spec.outputNames[output];
    if (name === undefined) continue;
    const result = results[name];
    if (result?.type !== "float32") throw new Error(`its output ${name} is ${result?.type ?? "missing"}, not float32`);
    const width = result.dims.at(-1);
    const wanted = widthOf(output);
    if (width !== wanted)
      throw new Error(`its output ${name} has ${width ?? 0} dimensions, config.json says ${wanted}`);
    // Half precision ends at 65,504, which few models pass, but some do.
    if (!areFinite(result.data as Float32Array)) throw new Error(`its output ${name} is not finite`);
  }
}

function widthOf(output: Output): number {
  switch (output) {
    case "embedding":
    case "sparse":
      return spec.dimensions;
    case "contextual":
      return spec.tokenDimensions;
    case "statics":
      return spec.staticDimensions ?? spec.tokenDimensions;
    case "score":
      return 1;
  }
}

async function run(session: InferenceSession, batch: PaddedBatch, wanted: WantedOutputs): Promise<TextVectors[]> {
  const fetched = OUTPUTS.filter((output) => wanted[output]?.includes(true));
  const names = fetched.flatMap((output) => spec.outputNames[output] ?? []);
  const results = await session.run(feedsOf(batch), names);
  const texts: (Partial<Record<DenseOutput, Float32Array<ArrayBuffer>>> & { sparse?: SparseVector })[] =
    batch.lengths.map(() => ({}));
  for (const output of fetched) {
    const data = results[spec.outputNames[output] ?? ""]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`The model gave no ${output} vectors.`);
    const rowLength = data.length / batch.count;
    texts.forEach((text, row) => {
      if (wanted[output]?.[row] !== true) return;
      const from = row * rowLength;
      if (output === "sparse") {
        text.sparse = sparseRow(data.subarray(from, from + rowLength));
        return;
      }
      const isOfTokens = output === "contextual" || output === "statics";
      const kept = isOfTokens ? (batch.lengths[row] ?? 0) * widthOf(output) : rowLength;
      text[output] = new Float32Array(data.subarray(from, from + kept));
    });
  }
  return texts;
}

function feedsOf({ count, longest, ids, mask, types }: PaddedBatch): Record<string, Tensor> {
  const shape = [count, longest];
  return {
    input_ids: new Tensor("int64", ids, shape),
    attention_mask: new Tensor("int64", mask, shape),
    ...(spec.hasTokenTypes
      ? { token_type_ids: new Tensor("int64", types ?? new BigInt64Array(ids.length), shape) }
      : {}),
    ...(spec.firstPosition === undefined
      ? {}
      : { position_ids: new Tensor("int64", positions(count, longest, spec.firstPosition), shape) }),
  };
}

/** Padding stands behind a text, so whatever its positions are, no token sees them. */
function positions(count: number, longest: number, first: number): BigInt64Array {
  return BigInt64Array.from({ length: count * longest }, (_, i) => BigInt(first + (i % longest)));
}

function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Not core's: the worker starts faster with relative imports alone. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
