import type { EmbedJob } from "./payloads.ts";

/** BullMQ's priorities: low ones first, first come first within one. */
export const FIRST_LEVEL = 1;
export const LAST_LEVEL = 2 ** 21 - 1;
/**
 * Characters a level at weight 1: half of a full job, so that shares are kept within a job or two, and the levels last for
 * 69 GB of text pushed while the queue is never once empty.
 */
export const CHARACTERS_A_LEVEL = 32 * 1024;
/** What a document costs beside its text: claim, write, answer. */
const CHARACTERS_A_DOCUMENT = 100;
/** Flows remembered; one that is forgotten begins at the front of the line again. */
const MAX_FLOWS = 10_000;

/** A job as far as its place in the line goes. */
export type OrderedJob = Pick<EmbedJob, "collectionId" | "priority" | "attempts" | "documents" | "characters">;

/**
 * new    as it comes from the door
 * again  what the reconciler puts back
 */
export type Arrival = "new" | "again";

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996) over priorities. A flow is a collection's documents of one priority;
 * its weight is 1 + that priority. A job begins where the job before it in its flow ends, or at the virtual time when that
 * is later, and ends its cost ÷ weight further on. The virtual time is where the job at the head of the queue begins. So
 * flows that always have jobs waiting get work in proportion to their weights, and a new one is served at once.
 *
 * Tags are counted in levels from 0 and become priorities. At the last level all jobs that follow share it, first come
 * first, until the queue has been empty once; then the levels begin anew.
 */
export interface FairOrder {
  /**
   * Takes in what was read of the queue just now: the priority of the job at its head, or undefined when no job waits.
   * What flows had before must be confirmed again.
   */
  read(head: number | undefined): void;
  /** The jobs whose flows go on from a job that may not wait any more: look whether `lastJobOf` does. */
  lastJobsOf(jobs: readonly OrderedJob[], arrival: Arrival): ReadonlyMap<string, string>;
  /** Says which of these flows' last jobs still wait; the others begin at the virtual time. */
  confirm(flow: string, waits: boolean): void;
  /** The job's BullMQ priority; it is the last of its flow from now on. Call `added` when it is in the queue. */
  place(job: OrderedJob, jobId: string, arrival: Arrival): number;
  /** A placed job is in the queue, or could not be added: it can be looked for. */
  added(job: OrderedJob, arrival: Arrival): void;
  /** Flows remembered. */
  readonly size: number;
}

interface Flow {
  /** Where its last job ends, in levels. */
  end: number;
  lastJob: string;
  /** Of which reading we know that its last job waits. */
  reading: number;
  /** Jobs on their way into the queue, where no reading sees them yet. */
  adding: number;
}

export function makeFairOrder(): FairOrder {
  // The one used longest ago comes first.
  const flows = new Map<string, Flow>();
  let reading = 0;
  let now = 0;

  function remember(key: string, flow: Flow): void {
    flows.delete(key);
    flows.set(key, flow);
    if (flows.size <= MAX_FLOWS) return;
    const [oldest] = flows.keys();
    if (oldest !== undefined) flows.delete(oldest);
  }

  return {
    read(head) {
      reading += 1;
      now = head === undefined ? 0 : head - FIRST_LEVEL;
      if (head !== undefined) return;
      for (const [key, flow] of flows) if (flow.adding === 0) flows.delete(key);
    },

    lastJobsOf(jobs, arrival) {
      const lastJobs = new Map<string, string>();
      for (const job of jobs) {
        const key = flowOf(job, arrival);
        const flow = flows.get(key);
        if (flow === undefined || flow.reading === reading || flow.adding > 0) continue;
        // One that would begin at the virtual time anyway needs no look.
        if (flow.end <= now) flows.delete(key);
        else lastJobs.set(key, flow.lastJob);
      }
      return lastJobs;
    },

    confirm(key, waits) {
      const flow = flows.get(key);
      if (flow === undefined) return;
      if (waits) flow.reading = reading;
      else flows.delete(key);
    },

    place(job, jobId, arrival) {
      // Its documents had their turn already: they wait for nobody of their flow, and cost it nothing.
      if (job.attempts > 0) return levelOf(now);
      const key = flowOf(job, arrival);
      const flow = flows.get(key);
      const start = Math.max(now, flow?.end ?? 0);
      const end = Math.min(start + costOf(job) / (1 + job.priority), LAST_LEVEL);
      remember(key, { end, lastJob: jobId, reading, adding: (flow?.adding ?? 0) + 1 });
      return levelOf(start);
    },

    added(job, arrival) {
      const flow = job.attempts > 0 ? undefined : flows.get(flowOf(job, arrival));
      if (flow !== undefined && flow.adding > 0) flow.adding -= 1;
    },

    get size() {
      return flows.size;
    },
  };
}

/** What is put back may wait in the queue already, so it must not move what its flow pushes later. */
function flowOf({ collectionId, priority }: OrderedJob, arrival: Arrival): string {
  return `${arrival} ${collectionId} ${priority}`;
}

/** In levels at weight 1. */
function costOf({ characters, documents }: OrderedJob): number {
  return (characters + documents.length * CHARACTERS_A_DOCUMENT) / CHARACTERS_A_LEVEL;
}

function levelOf(tag: number): number {
  return Math.min(FIRST_LEVEL + Math.floor(tag), LAST_LEVEL);
}
