import { Worker } from "node:worker_threads";
import { PolysemeError } from "@polyseme/core";
import { deferred, type Deferred } from "./deferred.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import type { FromWorker, RunResult, SessionSpec, ToWorker, WantedOutputs } from "./session-protocol.ts";

export interface PoolOptions {
  readonly threads: number;
  /** Called whenever a worker became free or the pool lost its last one. */
  readonly onChange: () => void;
  /** The worker's file; another one only in tests. */
  readonly entry?: URL;
}

/** Worker threads with one session each. */
export interface SessionPool {
  readonly free: number;
  /** Why no run can start any more; undefined while a worker lives. */
  readonly failure: PolysemeError | undefined;
  /**
   * Runs a batch on a free worker; its buffers are moved there. Call only while `free` > 0.
   * @throws PolysemeError `encode_failed`; `details.workerDied` when it took the thread with it; `model_unavailable` when
   * the device is gone
   */
  run(batch: PaddedBatch, wanted: WantedOutputs): Promise<RunResult>;
  /** Waits for runs, releases the sessions and lets the threads end by themselves. */
  close(): Promise<void>;
}

/** A model that kills its thread this often will do so again. */
const MOST_REPLACEMENTS = 3;

interface Thread {
  readonly worker: Worker;
  state: "loading" | "free" | "busy" | "closing";
  readonly loaded: Deferred<void>;
  readonly ended: Deferred<void>;
  run: Deferred<RunResult> | undefined;
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
  #replacements = 0;
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

  get free(): number {
    return this.#closing ? 0 : [...this.#threads].filter(({ state }) => state === "free").length;
  }

  run(batch: PaddedBatch, wanted: WantedOutputs): Promise<RunResult> {
    const thread = [...this.#threads].find(({ state }) => state === "free");
    if (thread === undefined) return Promise.reject(new PolysemeError("internal", "No encoder thread is free."));
    thread.state = "busy";
    thread.run = deferred<RunResult>();
    post(thread, { kind: "run", batch, wanted }, [batch.ids.buffer, batch.mask.buffer]);
    return thread.run.promise;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#threads].map((thread) => this.#closeThread(thread)));
  }

  async #closeThread(thread: Thread): Promise<void> {
    // Both settle before the thread may be asked to end; their failures are told to whoever waits for them.
    await Promise.allSettled([thread.loaded.promise, thread.run?.promise]);
    if (this.#threads.has(thread) && thread.state !== "closing") {
      thread.state = "closing";
      post(thread, { kind: "close" });
    }
    await thread.ended.promise;
  }

  #startThread(): Thread {
    const entry = this.#options.entry ?? workerEntry();
    // Flags of the parent, such as its own loaders, are not for the thread.
    const thread: Thread = {
      worker: new Worker(entry, { workerData: this.#spec, execArgv: [] }),
      state: "loading",
      loaded: deferred<void>(),
      ended: deferred<void>(),
      run: undefined,
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
        thread.state = "free";
        thread.loaded.resolve();
        break;
      case "broken":
        thread.death = message.message;
        thread.deviceGone = message.noDevice === true;
        return;
      case "lost":
        thread.death = `the device answers no more (${message.message})`;
        thread.deviceGone = true;
        this.#settle(thread, (run) => run.reject(cannotRun(this.#spec, thread.death, true)));
        // It ends now, so no other run may be given to it.
        thread.state = "closing";
        return;
      case "done":
        this.#settle(thread, (run) => run.resolve(message));
        break;
      case "failed":
        this.#settle(thread, (run) => run.reject(runFailed(message.message, false)));
        break;
    }
    this.#options.onChange();
  }

  #settle(thread: Thread, settle: (run: Deferred<RunResult>) => void): void {
    const { run } = thread;
    thread.run = undefined;
    thread.state = "free";
    if (run !== undefined) settle(run);
  }

  #forget(thread: Thread): void {
    this.#threads.delete(thread);
    thread.ended.resolve();
    const neverRan = thread.state === "loading";
    thread.loaded.reject(cannotRun(this.#spec, thread.death, thread.deviceGone));
    if (thread.run !== undefined) this.#settle(thread, (run) => run.reject(runFailed(thread.death, true)));
    if (this.#closing) return;
    if (!neverRan && !thread.deviceGone && this.#replacements < MOST_REPLACEMENTS) this.#replace();
    else if (this.#threads.size === 0)
      this.failure = thread.deviceGone
        ? cannotRun(this.#spec, thread.death, true)
        : cannotRun(this.#spec, `${thread.death}, and so did its other threads`);
    this.#options.onChange();
  }

  #replace(): void {
    this.#replacements++;
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

function runFailed(problem: string, workerDied: boolean): PolysemeError {
  return new PolysemeError("encode_failed", `The encoder failed: ${problem}`, { details: { workerDied } });
}

function workerEntry(): URL {
  const isSource = import.meta.url.endsWith(".ts");
  return new URL(isSource ? "./session-worker-from-source.mjs" : "./session-worker.js", import.meta.url);
}
