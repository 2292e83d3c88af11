import { Gauge, type Registry } from "prom-client";

export type BacklogGauges = ReturnType<typeof makeBacklogGauges>;
export type DocumentsGauge = ReturnType<typeof makeDocumentsGauge>;

/**
 * Gauges of the whole system's backlog, the same whichever process is asked. Made once a first reading is there, so that
 * "not known" is an absent metric and never a zero that an autoscaler would act on.
 */
export function makeBacklogGauges(registry: Registry) {
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
  return {
    documents: gauge("polyseme_backlog_documents", "Documents that wait or are being embedded, in all collections."),
    tokens: gauge("polyseme_backlog_tokens", "Tokens of the documents that wait, estimated from their bytes."),
    workerSeconds: gauge(
      "polyseme_backlog_worker_seconds",
      "Seconds that one worker alone would need for the backlog; divided by a drain time it gives the workers to run.",
    ),
    seconds: gauge(
      "polyseme_backlog_seconds",
      "Seconds that the living workers need for the backlog; +Inf when something waits and none lives.",
    ),
    rateMeasured: gauge(
      "polyseme_backlog_rate_measured",
      "1: the seconds of backlog rest on a rate that workers measured; 0: on a guess, none ever measured one.",
    ),
    oldestPendingAge: gauge(
      "polyseme_oldest_pending_age_seconds",
      "Age of the oldest document that waits; 0 when none does.",
    ),
    workers: gauge("polyseme_workers", "Embedders whose heartbeat is fresh."),
    tokensPerSecond: gauge(
      "polyseme_workers_tokens_per_second",
      "Tokens per second that the living workers reach together while they work.",
    ),
  };
}

/** Documents by state. Made, like the others, once a first reading is there. */
export function makeDocumentsGauge(registry: Registry) {
  return new Gauge({
    name: "polyseme_documents",
    help: "Documents by state, in all collections; those stored are estimated by Postgres from a million documents on.",
    labelNames: ["state"],
    registers: [registry],
  });
}
