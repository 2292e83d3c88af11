import { performance } from "node:perf_hooks";
import { asPolysemeError, distinctCauses, makeStartTags, PolysemeError, type Flow } from "@polyseme/core";
import { makeAbortListeners } from "./abort-listeners.ts";
import { areFinite, normalised } from "./check-vectors.ts";
import { deferred, type Deferred } from "./deferred.ts";
import { shareBudget, takeBatch, type BatchBudget, type WaitingItem } from "./pack.ts";
import { padTyped } from "./pad-batch.ts";
import { openSessionPool, type SessionPool } from "./session-pool.ts";
import type { Output, SessionSpec, TextVectors, WantedOutputs } from "./session-protocol.ts";
import type { EncodeOptions, Encoded, Encoder, Lane, Wants } from "./types.ts";

/** What one batch was, for metrics. */
export interface BatchReport {
  readonly texts: number;
  readonly tokens: number;
  readonly paddedTokens: number;
  readonly encodeMs: number;
  readonly lane: Lane;
  /** How long the text that waited longest waited for its batch. */
  readonly longestWaitMs: number;
  /** `traceparent` values of its texts, each once. */
  readonly traces: readonly string[];
}

export interface RunnerOptions {
  readonly threads: number;
  readonly budget: BatchBudget;
  /** Finds a better budget once the sessions are open; undefined: `budget` it is. */
  readonly probe?: ((pool: SessionPool) => Promise<BatchBudget>) | undefined;
  readonly padTokenId: number;
  readonly onBatch?: ((batch: BatchReport) => void) | undefined;
  /** Told of every run that gave no vectors. */
  readonly onFailedRun?: (() => void) | undefined;
  /** The worker's file; another one only in tests. */
  readonly workerEntry?: URL;
}

/** As an encoder is asked, and what a model for pairs is. */
export interface RunOptions extends Omit<EncodeOptions, "wants"> {
  readonly wants: Wants & { readonly score?: boolean };
  /** Which text of a pair each token is of. */
  readonly types?: Uint8Array | undefined;
}

export interface Ran extends Encoded {
  /** [1], the logit. */
  readonly score?: Float32Array;
}

export interface BatchRunner extends Pick<Encoder, "threads" | "waitingTokens" | "failure" | "close"> {
  readonly budget: BatchBudget;
  encode(ids: Int32Array, options: RunOptions): Promise<Ran>;
}

const NO_FLOW: Flow = { key: "", weight: 1 };
const OF_DENSE_MODELS = ["embedding", "contextual", "statics"] as const;
const LANES: readonly Lane[] = ["interactive", "bulk"];

/**
 * Sessions fed from one list of waiting texts: a worker that is free takes the next batch of what waits, and nobody
 * waits for a batch to fill.
 * @throws PolysemeError `model_unavailable`
 */
export async function batchRunner(spec: SessionSpec, options: RunnerOptions): Promise<BatchRunner> {
  const runner = new Runner(spec, options);
  await runner.open();
  return runner;
}

interface Item extends WaitingItem {
  readonly ids: Int32Array;
  readonly options: RunOptions;
  readonly result: Deferred<Ran>;
  /** Aborts are its matter no more. */
  forget: () => void;
}

class Runner implements BatchRunner {
  readonly #spec: SessionSpec;
  readonly #options: RunnerOptions;
  readonly #waiting = new Set<Item>();
  readonly #tags = makeStartTags();
  readonly #aborts = makeAbortListeners();
  /** Halves of batches that failed, each to run as it is. */
  readonly #halves: Item[][] = [];
  #budget: BatchBudget;
  #pool: SessionPool | undefined;
  #running = 0;
  #pumpQueued = false;
  #bulkServedMs = -Infinity;
  #closed: Promise<void> | undefined;
  #idle: Deferred<void> | undefined;
  waitingTokens = 0;

  constructor(spec: SessionSpec, options: RunnerOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#budget = options.budget;
  }

  get budget(): BatchBudget {
    return this.#budget;
  }

  get threads(): { open: number; busy: number } {
    const open = this.#pool?.open ?? 0;
    return { open, busy: open - (this.#pool?.idle ?? 0) };
  }

  get failure(): PolysemeError | undefined {
    return this.#pool?.failure;
  }

  async open(): Promise<void> {
    const { threads, workerEntry, probe } = this.#options;
    const pool = await openSessionPool(this.#spec, {
      threads,
      onChange: () => this.#queuePump(),
      ...(workerEntry === undefined ? {} : { entry: workerEntry }),
    });
    try {
      if (probe !== undefined) this.#budget = await probe(pool);
    } catch (error) {
      // Nobody else knows of its threads, which would keep the process alive.
      await pool.close();
      throw error;
    }
    this.#pool = pool;
  }

  encode(ids: Int32Array, options: RunOptions): Promise<Ran> {
    const refusal = this.#refusalOf(ids, options);
    if (refusal !== undefined) return Promise.reject(refusal);
    const result = deferred<Ran>();
    const arrivedMs = performance.now();
    const item: Item = {
      ids,
      tokens: ids.length,
      arrivedMs,
      lane: options.lane,
      // Whoever waits for an answer is served by arrival.
      order: options.lane === "bulk" ? this.#tags.next(options.flow ?? NO_FLOW, ids.length) : 0,
      options,
      result,
      forget: () => undefined,
    };
    const { signal } = options;
    if (signal !== undefined) {
      item.forget = this.#aborts.add(signal, () => {
        this.#take([item]);
        result.reject(reasonOf(signal));
        this.#queuePump();
      });
    }
    this.#waiting.add(item);
    this.waitingTokens += item.tokens;
    this.#queuePump();
    return result.promise;
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain();
    return this.#closed;
  }

  async #drain(): Promise<void> {
    this.#idle = deferred<void>();
    this.#queuePump();
    await this.#idle.promise;
    await this.#pool?.close();
  }

  #refusalOf(ids: Int32Array, { signal, wants }: RunOptions): Error | undefined {
    if (this.#closed !== undefined) return new PolysemeError("unavailable", "The encoder is closing.");
    if (signal?.aborted === true) return reasonOf(signal);
    if (ids.length === 0) return new PolysemeError("invalid", "A text without tokens has no vectors.");
    const { outputNames } = this.#spec;
    if (wants.sparse === true && outputNames.sparse === undefined)
      return new PolysemeError("invalid", "This model gives embeddings, and no weights of its vocabulary.", {
        details: { field: "model" },
      });
    if (outputNames.sparse !== undefined && OF_DENSE_MODELS.some((output) => wants[output] === true))
      return new PolysemeError(
        "invalid",
        "This is a sparse model: it gives weights of its vocabulary, and no vectors.",
        {
          details: { field: "model" },
        },
      );
    if (wants.statics === true && outputNames.statics === undefined)
      return new PolysemeError(
        "not_implemented",
        "This model's graph shows no input table, so it has no static vectors.",
      );
    return this.#pool?.failure;
  }

  /** Once per turn, so that texts queued together are packed together. */
  #queuePump(): void {
    if (this.#pumpQueued) return;
    this.#pumpQueued = true;
    queueMicrotask(() => {
      this.#pumpQueued = false;
      this.#pump();
    });
  }

  #pump(): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    if (pool.failure !== undefined) this.#rejectAll(pool.failure);
    for (let batch = this.#nextBatch(pool); batch.length > 0; batch = this.#nextBatch(pool))
      void this.#run(pool, batch);
    if (this.#running === 0 && this.#waiting.size === 0 && this.#halves.length === 0) this.#idle?.resolve();
  }

  #nextBatch(pool: SessionPool): Item[] {
    const open = LANES.filter((lane) => this.#mayTake(pool, lane));
    if (open.length === 0) return [];
    const half = this.#halves.findIndex(([first]) => first !== undefined && open.includes(first.lane));
    if (half >= 0) return this.#halves.splice(half, 1)[0] ?? [];
    const items = [...this.#waiting].filter(({ lane }) => open.includes(lane));
    const tokens = items.reduce((sum, item) => sum + item.tokens, 0);
    const now = performance.now();
    const batch = takeBatch(items, shareBudget(this.#budget, tokens, pool.idle), now, this.#bulkServedMs);
    if (batch[0]?.lane === "bulk") {
      this.#bulkServedMs = now;
      this.#tags.reached(Math.min(...batch.map(({ order }) => order)));
    }
    this.#take(batch);
    if (this.#waiting.size === 0) this.#tags.clear();
    return batch;
  }

  /** Behind a run in work only a full batch is packed: a smaller one would do better to wait for what comes meanwhile. */
  #mayTake(pool: SessionPool, lane: Lane): boolean {
    switch (pool.roomFor(lane)) {
      case undefined:
        return false;
      case "idle":
        return true;
      case "behind":
        return lane === "interactive" || this.waitingTokens >= this.#budget.maxTokens;
    }
  }

  #take(items: readonly Item[]): void {
    for (const item of items) {
      item.forget();
      if (this.#waiting.delete(item)) this.waitingTokens -= item.tokens;
    }
  }

  async #run(pool: SessionPool, items: readonly Item[]): Promise<void> {
    this.#running++;
    const startedMs = performance.now();
    const batch = padTyped(
      items.map(({ ids, options: { types, seen } }) => ({ ids, types, seen })),
      this.#options.padTokenId,
    );
    try {
      const { texts, encodeMs } = await pool.run(batch, wantedBy(items), items[0]?.lane ?? "bulk");
      items.forEach((item, index) => settle(item, texts[index] ?? {}, startedMs, encodeMs));
      this.#options.onBatch?.({
        texts: items.length,
        tokens: items.reduce((sum, { tokens }) => sum + tokens, 0),
        paddedTokens: batch.count * batch.longest,
        encodeMs,
        lane: items[0]?.lane ?? "bulk",
        longestWaitMs: items.reduce((longest, { arrivedMs }) => Math.max(longest, startedMs - arrivedMs), 0),
        traces: distinctCauses(items.map(({ options }) => options.trace)),
      });
    } catch (error) {
      this.#failed(items, asPolysemeError(error));
    } finally {
      this.#running--;
      this.#queuePump();
    }
  }

  /**
   * One text that the model cannot take must not fail its neighbours: halved until it is alone. Where a thread died,
   * which a dozen halves would each do again, all are told `details.workerDied`, for their caller to try them apart.
   */
  #failed(items: readonly Item[], error: PolysemeError): void {
    const { notBegun, workerDied, outOfMemory } = error.details ?? {};
    if (notBegun === true) {
      this.#halves.push([...items]);
      return;
    }
    this.#options.onFailedRun?.();
    const isOfModel = error.code === "model_unavailable" && outOfMemory !== true;
    if (items.length === 1 || isOfModel || workerDied === true) for (const { result } of items) result.reject(error);
    else {
      const middle = Math.ceil(items.length / 2);
      this.#halves.push(items.slice(0, middle), items.slice(middle));
    }
  }

  #rejectAll(error: PolysemeError): void {
    const items = [...this.#waiting, ...this.#halves.splice(0).flat()];
    this.#take(items);
    for (const { result } of items) result.reject(error);
  }
}

function wantedBy(items: readonly Item[]): WantedOutputs {
  const flags = (output: Output): boolean[] => items.map(({ options }) => options.wants[output] === true);
  return {
    embedding: flags("embedding"),
    contextual: flags("contextual"),
    statics: flags("statics"),
    score: flags("score"),
    sparse: flags("sparse"),
  };
}

function settle(item: Item, vectors: TextVectors, startedMs: number, encodeMs: number): void {
  const embedding = vectors.embedding === undefined ? undefined : normalised(vectors.embedding);
  const isUsable =
    (vectors.embedding === undefined) === (embedding === undefined) &&
    [vectors.contextual, vectors.statics, vectors.score].every((values) => values === undefined || areFinite(values));
  if (!isUsable) {
    item.result.reject(new PolysemeError("encode_failed", "The model gave NaN, infinite or zero vectors for a text."));
    return;
  }
  item.result.resolve({
    ...vectors,
    ...(embedding === undefined ? {} : { embedding }),
    timing: { queuedMs: startedMs - item.arrivedMs, encodeMs },
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
