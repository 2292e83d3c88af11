import { isRecord, PolysemeError, JOB_LIMITS } from "@polyseme/core";

export const EMBED_QUEUE = "polyseme-embed";
/** Outside producers add their documents here (CONTRACT "Queue"). */
export const INBOX_QUEUE = "polyseme-inbox";

/** Documents to embed, by id and revision only: their text is in the ledger. */
export interface EmbedJob {
  /** Chosen at the door and kept in the ledger, so that a lost job can be put back as the same one. */
  readonly job: number;
  /** Runs so far of its documents: a retry is a new job to BullMQ even while a ghost of the old one remains. */
  readonly attempts: number;
  /** 0 (bulk) to 9: its flow has the weight 1 + this. */
  readonly priority: number;
  readonly collectionId: number;
  readonly documents: readonly { readonly id: string; readonly revision: number }[];
  /** `traceparent` values of the pushes that it came from; undefined: they are not traced. */
  readonly trace?: readonly string[];
  /** Of all texts, or their bytes where only these are known: what its place in the line is reckoned by. */
  readonly characters: number;
}

/** What BullMQ stores: short keys, because memory a waiting job is mostly these bytes. */
export interface EmbedJobData {
  readonly c: number;
  readonly d: readonly (readonly [id: string, revision: number])[];
  readonly t?: readonly string[];
}

/** BullMQ refuses ids with a colon and ids that are numbers. */
export function embedJobId({ job, attempts }: EmbedJob): string {
  return `j${job}-${attempts}`;
}

export function toEmbedJobData(job: EmbedJob): EmbedJobData {
  return {
    c: job.collectionId,
    d: job.documents.map(({ id, revision }) => [id, revision]),
    ...(job.trace !== undefined && job.trace.length > 0 && { t: job.trace }),
  };
}

/** @throws PolysemeError `invalid` when the data is not a job of ours */
export function parseEmbedJobData(data: unknown): Pick<EmbedJob, "collectionId" | "documents" | "trace"> {
  const notOurs = new PolysemeError("invalid", "Not an embed job.");
  if (!isRecord(data) || !isWhole(data["c"]) || !Array.isArray(data["d"])) throw notOurs;
  const documents = data["d"].map((pair: unknown) => {
    const [id, revision] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof id !== "string" || !isWhole(revision)) throw notOurs;
    return { id, revision };
  });
  // A trace that cannot be read is no reason to lose a job.
  const trace = Array.isArray(data["t"]) ? data["t"].filter((cause) => typeof cause === "string") : [];
  return { collectionId: data["c"], documents, ...(trace.length > 0 && { trace }) };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Groups accepted documents into jobs by priority and size; consecutive ones stay together. */
export function assignJobs<T extends { readonly characters: number; readonly priority: number }>(
  documents: readonly T[],
  nextJob: () => number,
): { readonly document: T; readonly job: number }[] {
  const open = new Map<number, { job: number; documents: number; characters: number }>();
  return documents.map((document) => {
    let current = open.get(document.priority);
    if (
      current === undefined ||
      current.documents === JOB_LIMITS.documents ||
      current.characters + document.characters > JOB_LIMITS.characters
    ) {
      current = { job: nextJob(), documents: 0, characters: 0 };
      open.set(document.priority, current);
    }
    current.documents += 1;
    current.characters += document.characters;
    return { document, job: current.job };
  });
}
