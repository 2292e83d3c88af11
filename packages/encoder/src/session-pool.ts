import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { entryBeside, PolysemeError } from "@polyseme/core";
import { deferred, type Deferred } from "./deferred.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import type { FromWorker, RunResult, SessionSpec, ToWorker, WantedOutputs, WorkerStart } from "./session-protocol.ts";
import type { Lane } from "./types.ts";

export interface PoolOptions {
  readonly threads: number;
  /** Called whenever a worker became free or the pool lost its last one. */
  readonly onChange: () => void;
  /** The worker's file; another one only in tests. */
  readonly entry?: URL;
}

/** Worker threads with one session each. */
export interface SessionPool {
  /** Threads without a run. */
  readonly idle: number;
  /** Threads that can run. */
  readonly open: number;
  /** Whether a batch of that lane may be given to `run` now, and whether it would start at once or behind another. */
  roomFor(lane: Lane): "idle" | "behind" | undefined;
  /** Why no run can start any more; undefined while a worker lives. */
  readonly failure: PolysemeError | undefined;
  /**
   * Gives a batch to a worker; its buffers are moved there. Call only while there is room for its lane.
   * @throws PolysemeError `encode_failed`; `details.workerDied` when it took the thread with it, `details.notBegun` when
   * another one did before it; `model_unavailable` when the device is gone, `details.outOfMemory` when a smaller batch may do
   */
  run(batch: PaddedBatch, wanted: WantedOutputs, lane: Lane): Promise<RunResult>;
  /** Waits for runs, releases the sessions and lets the threads end by themselves. */
  close(): Promise<void>;
}

/** A model that kills its threads this often within a minute will do so again. */
const MOST_REPLACEMENTS = 3;
const REPLACEMENTS_COUNT_MS = 60_000;

/** The next bulk batch lies in the worker while one runs, so that it never waits for this thread to have time. */
const RUNS_AT_ONCE = 2;

interface Run {
  readonly result: Deferred<RunResult>;
  readonly lane: Lane;
}

interface Thread {
  readonly worker: Worker;
  state: "loading" | "ready" | "closing";
  readonly loaded: Deferred<void>;
  readonly ended: Deferred<void>;
  /** By number; the worker has them all. */
  readonly runs: Map<number, Run>;
  /** The one that it began last, as it shows itself. */
  readonly begun: Int32Array<SharedArrayBuffer>;
  /** Why it ended, as far as it was told. */
  death: string;
  /** It found its device missing before it loaded, or gone after. */
  deviceGone: boolean;
}

/** @throws PolysemeError `model_unavailable` when a session cannot be opened or does not run */
export async function openSessionPool(spec: SessionSpec, options: PoolOptions): Promise<SessionPool> {
  const pool = new ThreadPool(spec, options);
  await pool.start();
  return pool;
}

class ThreadPool implements SessionPool {
  readonly #spec: SessionSpec;
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  #replacedAtMs: number[] = [];
  #lastRun = 0;
  #closing = false;
  failure: PolysemeError | undefined;

  constructor(spec: SessionSpec, options: PoolOptions) {
    this.#spec = spec;
    this.#options = options;
  }

  async start(): Promise<void> {
    const started = Array.from({ length: this.#options.threads }, () => this.#startThread().loaded.promise);
    const results = await Promise.allSettled(started);
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  get idle(): number {
    return this.#ready.filter(({ runs }) => runs.size === 0).length;
  }

  get open(): number {
    return this.#ready.length;
  }

  roomFor(lane: Lane): "idle" | "behind" | undefined {
    const thread = this.#roomiest(lane);
    return thread === undefined ? undefined : thread.runs.size === 0 ? "idle" : "behind";
  }

  run(batch: PaddedBatch, wanted: WantedOutputs, lane: Lane): Promise<RunResult> {
    const thread = this.#roomiest(lane);
    if (thread === undefined) return Promise.reject(new PolysemeError("internal", "No encoder thread has room."));
    const run = (this.#lastRun += 1);
    const result = deferred<RunResult>();
    thread.runs.set(run, { result, lane });
    const urgent = lane === "interactive";
    const buffers = [batch.ids, batch.mask, ...(batch.types === undefined ? [] : [batch.types])];
    post(
      thread,
      { kind: "run", run, batch, wanted, urgent },
      buffers.map(({ buffer }) => buffer),
    );
    return result.promise;
  }

  get #ready(): Thread[] {
    return this.#closing ? [] : [...this.#threads].filter(({ state }) => state === "ready");
  }

  /** Of the threads that may take a batch of that lane, the one with the fewest runs. */
  #roomiest(lane: Lane): Thread | undefined {
    const able = this.#ready.filter(({ runs }) =>
      lane === "bulk" ? runs.size < RUNS_AT_ONCE : ![...runs.values()].some((run) => run.lane === "interactive"),
    );
    return able.reduce<Thread | undefined>(
      (best, thread) => (best === undefined || thread.runs.size < best.runs.size ? thread : best),
      undefined,
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#threads].map((thread) => this.#closeThread(thread)));
  }

  async #closeThread(thread: Thread): Promise<void> {
    // Both settle before the thread may be asked to end; their failures are told to whoever waits for them.
    await Promise.allSettled([thread.loaded.promise, ...[...thread.runs.values()].map(({ result }) => result.promise)]);
    if (this.#threads.has(thread) && thread.state !== "closing") {
      thread.state = "closing";
      post(thread, { kind: "close" });
    }
    await thread.ended.promise;
  }

  #startThread(): Thread {
    const entry = this.#options.entry ?? entryBeside(import.meta.url, "session-worker");
    const begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    // Flags of the parent, such as its own loaders, are not for the thread.
    const thread: Thread = {
      worker: new Worker(entry, { workerData: { spec: this.#spec, begun } satisfies WorkerStart, execArgv: [] }),
      state: "loading",
      loaded: deferred<void>(),
      ended: deferred<void>(),
      runs: new Map(),
      begun,
      death: "its thread ended",
      deviceGone: false,
    };
    this.#threads.add(thread);
    thread.worker.on("message", (message: FromWorker) => this.#receive(thread, message));
    thread.worker.on("error", (error: Error) => (thread.death = error.message));
    thread.worker.on("exit", () => this.#forget(thread));
    return thread;
  }

  #receive(thread: Thread, message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        thread.state = "ready";
        thread.loaded.resolve();
        break;
      case "broken":
        thread.death = message.message;
        thread.deviceGone = message.noDevice === true;
        return;
      case "lost":
        thread.death = `the device answers no more (${message.message})`;
        thread.deviceGone = true;
        this.#failAll(thread, cannotRun(this.#spec, thread.death, true));
        // It ends now, so no other run may be given to it.
        thread.state = "closing";
        return;
      case "done":
        this.#take(thread, message.run)?.resolve(message);
        break;
      case "failed":
        this.#take(thread, message.run)?.reject(
          message.outOfMemory ? outOfMemory(this.#spec, message.message) : runFailed(message.message),
        );
        break;
    }
    this.#options.onChange();
  }

  #take(thread: Thread, run: number): Deferred<RunResult> | undefined {
    const found = thread.runs.get(run)?.result;
    thread.runs.delete(run);
    return found;
  }

  #failAll(thread: Thread, error: PolysemeError): void {
    for (const { result } of thread.runs.values()) result.reject(error);
    thread.runs.clear();
  }

  #forget(thread: Thread): void {
    this.#threads.delete(thread);
    thread.ended.resolve();
    const neverRan = thread.state === "loading";
    thread.loaded.reject(cannotRun(this.#spec, thread.death, thread.deviceGone));
    this.#take(thread, Atomics.load(thread.begun, 0))?.reject(runFailed(thread.death, { workerDied: true }));
    this.#failAll(thread, runFailed(thread.death, { notBegun: true }));
    if (this.#closing) return;
    if (!neverRan && !thread.deviceGone && this.#mayReplace()) this.#replace();
    else if (this.#threads.size === 0)
      this.failure = thread.deviceGone
        ? cannotRun(this.#spec, thread.death, true)
        : cannotRun(this.#spec, `${thread.death}, and so did its other threads`);
    this.#options.onChange();
  }

  #mayReplace(): boolean {
    const countedSinceMs = performance.now() - REPLACEMENTS_COUNT_MS;
    this.#replacedAtMs = this.#replacedAtMs.filter((atMs) => atMs > countedSinceMs);
    return this.#replacedAtMs.length < MOST_REPLACEMENTS;
  }

  #replace(): void {
    this.#replacedAtMs.push(performance.now());
    // A replacement that cannot load is seen when its thread ends.
    this.#startThread().loaded.promise.catch(() => undefined);
  }
}

function post(thread: Thread, message: ToWorker, transfer: ArrayBuffer[] = []): void {
  thread.worker.postMessage(message, transfer);
}

function cannotRun(spec: SessionSpec, problem: string, deviceGone = false): PolysemeError {
  const device = spec.providers.join(", ");
  return new PolysemeError(
    "model_unavailable",
    `${spec.path} cannot run on the device ${device}: ${problem}. Replace the file, choose another model, ` +
      (device === "cpu" ? "or give the process more memory." : "or set the device to cpu."),
    { details: { field: "model", file: spec.path, problem, deviceGone } },
  );
}

function outOfMemory(spec: SessionSpec, problem: string): PolysemeError {
  return new PolysemeError(
    "model_unavailable",
    `${spec.path} has too little memory on the device ${spec.providers.join(", ")}: ${problem}. ` +
      "Give it more, or lower POLYSEME_BATCH_TOKENS.",
    { details: { field: "model", outOfMemory: true } },
  );
}

function runFailed(problem: string, details: { workerDied?: true; notBegun?: true } = {}): PolysemeError {
  return new PolysemeError("encode_failed", `The encoder failed: ${problem}`, { details });
}
