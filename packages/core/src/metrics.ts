import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

export type Metrics = ReturnType<typeof makeMetrics>;

/** The metrics of one process, on a registry of its own; names follow the Prometheus conventions. */
export function makeMetrics(options: { processMetrics: boolean }) {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
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
    encoderInfo: new Gauge({
      name: "polyseme_encoder_info",
      help: "1 for each loaded model: its file, how the graph is run (file: as it is) and the device.",
      labelNames: ["model", "file", "graph", "device"],
      registers,
    }),
    encoderRuns: new Counter({ name: "polyseme_encoder_runs_total", help: "Batches run by the encoder.", registers }),
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
    stageSeconds: new Histogram({
      name: "polyseme_stage_seconds",
      help: "Time a stage took, by stage: claim, encode, write, search_sql.",
      labelNames: ["stage"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    batchTexts: new Histogram({
      name: "polyseme_batch_texts",
      help: "Texts in an encoder batch.",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
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
    reconciledDocuments: new Counter({
      name: "polyseme_reconciled_documents_total",
      help: "Pending documents that the reconciler put back in the queue.",
      registers,
    }),
  };
}
