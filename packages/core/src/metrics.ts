import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

const STAGES_OF_PUSH = "check (a batch), ledger (a transaction), enqueue (the jobs of a transaction)";
const STAGES_OF_EMBEDDING =
  "queue_wait (a job, by the clocks of both processes), claim (a job), tokenise (a call), encode_wait (the longest of a batch), encode (a batch), write (a statement), follow_write (a statement, in a generation that is not live)";
const STAGES_OF_SEARCH =
  "search_encode, search_sql, search_lexical, search_rerank, search_explain, search_sense (statements and cosines of a sense search), senses (grouping a word)";

export type Stage =
  | "check"
  | "ledger"
  | "enqueue"
  | "queue_wait"
  | "claim"
  | "tokenise"
  | "encode_wait"
  | "encode"
  | "write"
  | "follow_write"
  | "search_encode"
  | "search_sql"
  | "search_lexical"
  | "search_rerank"
  | "search_explain"
  | "search_sense"
  | "senses";

export type Metrics = ReturnType<typeof makeMetrics>;

/**
 * How often the event loop's lag is looked at. Each look wakes the main thread, and with it a core that an encoder uses: at the
 * usual 10 ms three services that wait for work take a twentieth of a core.
 */
const LAG_LOOK_MS = 100;

/** The metrics of one process, on a registry of its own; names follow the Prometheus conventions. */
export function makeMetrics(options: { processMetrics: boolean }) {
  const registry = new Registry();
  if (options.processMetrics) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_LOOK_MS });
    // Gauges that are named like counters; the same figures by kind stay.
    for (const kind of ["handles", "requests", "resources"]) registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  }
  const registers = [registry];
  const stageSeconds = new Histogram({
    name: "polyseme_stage_seconds",
    help: `Time a stage took. Push: ${STAGES_OF_PUSH}. Embedding: ${STAGES_OF_EMBEDDING}. Search: ${STAGES_OF_SEARCH}.`,
    labelNames: ["stage"],
    // A queue may be waited in for long, a search is over in milliseconds.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600, 3_600],
    registers,
  });
  return {
    registry,
    stageSeconds,
    observeStage(stage: Stage, ms: number): void {
      stageSeconds.observe({ stage }, ms / 1_000);
    },
    buildInfo: new Gauge({
      name: "polyseme_build_info",
      help: "1: the version of this process, and which service it is.",
      labelNames: ["version", "service"],
      registers,
    }),
    documentsReceived: new Counter({
      name: "polyseme_documents_received_total",
      help: "Documents that arrived at the door, by outcome: accepted, unchanged or the error code.",
      labelNames: ["outcome"],
      registers,
    }),
    documentsFinished: new Counter({
      name: "polyseme_documents_finished_total",
      help: "Documents whose run ended, by outcome: stored, stale, retried or the error code.",
      labelNames: ["outcome"],
      registers,
    }),
    documentsFollowed: new Counter({
      name: "polyseme_documents_followed_total",
      help: "Documents brought to the generation that follows in a migration, by method: reembed, rechunk.",
      labelNames: ["method"],
      registers,
    }),
    documentRetries: new Counter({
      name: "polyseme_document_retries_total",
      help: "Runs after which a document was put back to be tried again, by the error code.",
      labelNames: ["code"],
      registers,
    }),
    encoderInfo: new Gauge({
      name: "polyseme_encoder_info",
      help: "1 for each loaded model: its file, how the graph is run (file: as it is) and the device.",
      labelNames: ["model", "file", "graph", "device"],
      registers,
    }),
    encoderRuns: new Counter({ name: "polyseme_encoder_runs_total", help: "Batches run by the encoder.", registers }),
    encoderFailedRuns: new Counter({
      name: "polyseme_encoder_failed_runs_total",
      help: "Runs of the encoder that gave no vectors: a batch is halved then, until the text at fault is alone.",
      registers,
    }),
    encoderBatchTokens: new Gauge({
      name: "polyseme_encoder_batch_tokens",
      help: "Most padded tokens that one run of the encoder takes, by model: measured at start, or POLYSEME_BATCH_TOKENS.",
      labelNames: ["model"],
      registers,
    }),
    encoderTokens: new Counter({
      name: "polyseme_encoder_tokens_total",
      help: "Tokens run by the encoder, by kind: real, or padded (real ones and padding).",
      labelNames: ["kind"],
      registers,
    }),
    rerankPairs: new Counter({
      name: "polyseme_rerank_pairs_total",
      help: "Pairs of a query and a text that the model of POLYSEME_RERANK_MODEL has scored, by kind: whole, cut (longer than it takes).",
      labelNames: ["kind"],
      registers,
    }),
    tokenVectorBytes: new Counter({
      name: "polyseme_token_vector_bytes_total",
      help: "Bytes of packed token vectors given to Postgres, in collections that keep them.",
      registers,
    }),
    batchTexts: new Histogram({
      name: "polyseme_batch_texts",
      help: "Texts in an encoder batch.",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    groupDocuments: new Histogram({
      name: "polyseme_group_documents",
      help: "Documents that went together, by group: ledger (one transaction), job (claimed of one job), write (one statement).",
      labelNames: ["group"],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "polyseme_http_request_seconds",
      help: "Time to answer an HTTP request, by route, method and status.",
      labelNames: ["route", "method", "status"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    queueJobs: new Gauge({
      name: "polyseme_queue_jobs",
      help: "Jobs waiting or running in the embed queue, counted when the metrics are read.",
      registers,
    }),
    inboxJobs: new Gauge({
      name: "polyseme_inbox_jobs",
      help: "Jobs in the inbox queue by state, counted when the metrics are read: waiting (or running), failed (refused).",
      labelNames: ["state"],
      registers,
    }),
    poolConnections: new Gauge({
      name: "polyseme_postgres_pool_connections",
      help: "Connections of this process to Postgres by pool (store, queue) and state: busy, idle.",
      labelNames: ["pool", "state"],
      registers,
    }),
    poolLimit: new Gauge({
      name: "polyseme_postgres_pool_limit",
      help: "Connections that the pool opens at most.",
      labelNames: ["pool"],
      registers,
    }),
    poolWaiting: new Gauge({
      name: "polyseme_postgres_pool_waiting",
      help: "Statements and transactions that wait for a connection of the pool.",
      labelNames: ["pool"],
      registers,
    }),
    encoderThreads: new Gauge({
      name: "polyseme_encoder_threads",
      help: "Threads of the encoder by model and state: busy, idle.",
      labelNames: ["model", "state"],
      registers,
    }),
    encoderWaitingTokens: new Gauge({
      name: "polyseme_encoder_waiting_tokens",
      help: "Tokens that wait for a batch, by model.",
      labelNames: ["model"],
      registers,
    }),
    tokenPermits: new Gauge({
      name: "polyseme_token_permits",
      help: "Tokens of documents that a worker may hand to its encoder at once, by state: used, limit.",
      labelNames: ["state"],
      registers,
    }),
    reconcilerLastSuccess: new Gauge({
      name: "polyseme_reconciler_last_success_timestamp_seconds",
      help: "When this process last ended a pass of the reconciler without an error, in Unix time; 0: not yet.",
      registers,
    }),
    reconciledDocuments: new Counter({
      name: "polyseme_reconciled_documents_total",
      help: "Pending documents that the reconciler put back in the queue.",
      registers,
    }),
  };
}
