import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Backends } from "@polyseme/backends";
import { NO_TRACING, withDeadline, type Log, type Metrics, type StopStep, type Tracing } from "@polyseme/core";
import { showEncoders, type EncoderRegistry } from "@polyseme/encoder";
import { backendProbes, type Probe, type Service } from "@polyseme/http";
import type { Consumer } from "@polyseme/queue";
import { makeChunkWriter } from "./chunk-writer.ts";
import { makeClaimKeeper } from "./claim-keeper.ts";
import { runEmbedJob } from "./embed-job.ts";
import { runFollower } from "./follow/follower.ts";
import { makeInTurn } from "./in-turn.ts";
import { makeModelGate } from "./model-gate.ts";
import type { Quarantine } from "./quarantine/quarantine.ts";
import { runHeartbeat, type Throughput } from "./throughput.ts";
import { makeTokenPermits } from "./token-permits.ts";
import { makeFormsByLanguage } from "./word-forms.ts";

export interface EmbedderOptions {
  readonly backends: Backends;
  readonly encoders: EncoderRegistry;
  readonly inference: Probe;
  readonly throughput: Throughput;
  readonly quarantine: Quarantine;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing?: Tracing;
}

/** Jobs of up to 32 documents at once, over all shards: look-ahead enough to pack by length, also when each job has one document only. */
const CONCURRENT_JOBS = 16;
/** Tokens handed to the encoder at once: some sixty batches of a CPU worker to choose from; more only waits elsewhere. */
const TOKENS_IN_WORK = 64 * 1_024;
/** Cutting is some seventy times as fast as encoding; a second one, so that a very long text does not hold up the others. */
const LONG_TEXTS_AT_ONCE = 2;
/** Work in hand may finish in this time; the rest is given back. */
const FINISH_MS = 12_000;
const CLOSE_CONSUMER_MS = 10_000;
const STOP_LOOPS_MS = 5_000;

/** The worker: jobs from the queue, through the encoder, into the store. */
export function makeEmbedder(options: EmbedderOptions): Service {
  const { backends, encoders, inference, throughput, quarantine, log, metrics, tracing = NO_TRACING } = options;
  const { database, queues } = backends;
  const giveBack = new AbortController();
  // Each text in work listens for it; their number is bounded by TOKENS_IN_WORK.
  setMaxListeners(0, giveBack.signal);
  const loops = new AbortController();
  const gateStop = new AbortController();
  const claims = makeClaimKeeper(database, log);
  let consumer: Consumer | undefined;
  const deps = {
    database,
    encoders,
    writer: makeChunkWriter(database, metrics, () => claims.held, tracing),
    claims,
    permits: makeTokenPermits(TOKENS_IN_WORK),
    inTurn: makeInTurn(LONG_TEXTS_AT_ONCE),
    formsOf: makeFormsByLanguage(),
    quarantine,
    gate: makeModelGate({ consumer: () => consumer, works: inference.check, log }, gateStop.signal),
    log,
    metrics,
    tracing,
    abandon: giveBack.signal,
  };
  const running = new Set<Promise<void>>();
  let background: Promise<unknown> = Promise.resolve();
  let following: Promise<void> = Promise.resolve();

  async function finishOrGiveBack(abandon: AbortSignal): Promise<void> {
    const giveUp = (): void => {
      giveBack.abort(new Error("The worker is stopping"));
    };
    if (abandon.aborted) giveUp();
    abandon.addEventListener("abort", giveUp, { once: true });
    await withDeadline("documents in hand", FINISH_MS, () => Promise.all([...running, following])).catch(giveUp);
  }

  return {
    name: "embedder",
    probes: [...backendProbes(backends), inference],
    refreshMetrics() {
      const { taken, most } = deps.permits.use;
      metrics.tokenPermits.set({ state: "used" }, taken);
      metrics.tokenPermits.set({ state: "limit" }, most);
      showEncoders(metrics, encoders.loaded());
      return Promise.resolve();
    },
    start() {
      consumer = queues.consumeEmbedJobs(
        async (job) => {
          const run = runEmbedJob(deps, job);
          running.add(run);
          await run.finally(() => running.delete(run));
        },
        {
          concurrency: CONCURRENT_JOBS,
          onError: (error) => {
            log.warn({ reason: error.message }, "embed queue");
          },
        },
      );
      following = runFollower(deps, gateStop.signal);
      background = Promise.all([
        claims.run(loops.signal),
        runHeartbeat({ database, throughput, workerId: randomUUID(), log }, gateStop.signal),
      ]);
    },
    stopSteps: (abandon): StopStep[] => [
      {
        name: "the embed queue to drain",
        withinMs: STOP_LOOPS_MS,
        stop: () => {
          gateStop.abort();
          return consumer?.drain();
        },
      },
      { name: "the documents in hand", withinMs: FINISH_MS + STOP_LOOPS_MS, stop: () => finishOrGiveBack(abandon) },
      { name: "the quarantine", withinMs: STOP_LOOPS_MS, stop: () => quarantine.close() },
      { name: "the embed queue", withinMs: CLOSE_CONSUMER_MS, stop: () => consumer?.close(CLOSE_CONSUMER_MS) },
      {
        name: "the embedder's loops",
        withinMs: STOP_LOOPS_MS,
        stop: () => {
          loops.abort();
          return Promise.all([background, following]);
        },
      },
    ],
  };
}
