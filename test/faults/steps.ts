/** What a process does at a step, as the wrapped parts name it. */
export const ACTS = [
  "body",
  "accept",
  "queue",
  "claim",
  "plan",
  "encode",
  "write",
  "acknowledge",
  "renew",
  "take",
  "put-back",
  "delete-rows",
  "delete-chunks",
] as const;
export type Act = (typeof ACTS)[number];

export const MOMENTS = ["before", "during", "after"] as const;
export type Moment = (typeof MOMENTS)[number];

/** A moment in the life of a document at which its process is killed. */
export interface Step {
  readonly name: `${Act}:${Moment}`;
  readonly service: "ingest" | "embedder";
  /** What makes the process come to it. */
  readonly load: "push" | "overdue" | "delete" | "long";
  readonly what: string;
}

/** By the stages in ARCHITECTURE.md, "The life of a document"; their order is their number. */
export const STEPS: readonly Step[] = [
  step("body:after", "ingest", "push", "1 checked: the body was read, nothing is written"),
  step("accept:before", "ingest", "push", "2 ledger: before the statement that makes documents durable"),
  step("accept:during", "ingest", "push", "2 ledger: while Postgres has that statement"),
  step("accept:after", "ingest", "push", "2 ledger: durable, neither queued nor answered"),
  step("queue:before", "ingest", "push", "3 queue: before the jobs are added"),
  step("queue:during", "ingest", "push", "3 queue: while Redis takes them"),
  step("queue:after", "ingest", "push", "3 queue: added, not answered"),
  step("claim:before", "embedder", "push", "4 claim: the job was taken, its documents not yet"),
  step("claim:during", "embedder", "push", "4 claim: while Postgres has the statement"),
  step("claim:after", "embedder", "push", "4 claim: claimed, nothing done"),
  step("plan:after", "embedder", "push", "5 chunks: cut and tokenised"),
  step("encode:before", "embedder", "push", "6 encode: before a text is handed to the encoder"),
  step("encode:during", "embedder", "push", "6 encode: in the middle of a run"),
  step("encode:after", "embedder", "push", "6 encode: encoded, nothing written"),
  step("renew:before", "embedder", "long", "6 encode: before a claim is renewed"),
  step("renew:after", "embedder", "long", "6 encode: after a claim was renewed"),
  step("write:before", "embedder", "push", "7 write: before the statement that stores"),
  step("write:during", "embedder", "push", "7 write: while Postgres has that statement"),
  step("write:after", "embedder", "push", "7 write: stored, the job not acknowledged"),
  step("acknowledge:before", "embedder", "push", "8 acknowledge: all of a job's documents ended, the job not removed"),
  step("acknowledge:after", "embedder", "push", "8 acknowledge: a moment after the job was handed back to be removed"),
  step("take:before", "ingest", "overdue", "reconciler: before it takes overdue documents"),
  step("take:during", "ingest", "overdue", "reconciler: while Postgres has that statement"),
  step("take:after", "ingest", "overdue", "reconciler: taken, not put back in the queue"),
  step("put-back:before", "ingest", "overdue", "reconciler: before the jobs are added"),
  step("put-back:during", "ingest", "overdue", "reconciler: while Redis takes them"),
  step("put-back:after", "ingest", "overdue", "reconciler: put back"),
  step("delete-rows:before", "ingest", "delete", "delete: before the rows are removed"),
  step("delete-rows:after", "ingest", "delete", "delete: rows gone, chunks not, not committed"),
  step("delete-chunks:after", "ingest", "delete", "delete: both gone, not committed"),
];

function step(name: Step["name"], service: Step["service"], load: Step["load"], what: string): Step {
  return { name, service, load, what };
}
