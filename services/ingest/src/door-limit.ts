import { pause, PolysemeError } from "@polyseme/core";
import { estimateDrain, type Backlog } from "@polyseme/store";
import { retryAfterSeconds } from "./retry-after.ts";

/** Refuses pushes while too much waits, so that the queue's memory and the ledger's backlog have a bound. */
export interface DoorLimit {
  /**
   * For a push that begins.
   * @throws PolysemeError `overloaded` with `details.retryAfterSeconds`
   */
  check(): Promise<void>;
  /**
   * For a push under way, before each of its batches: resolves when there is room, or when `signal` is aborted.
   * @throws PolysemeError `overloaded` when there was none for `WAIT_FOR_ROOM_MS`
   */
  room(signal: AbortSignal): Promise<void>;
  /** Documents that this door takes, or less than none when it did not; they count as waiting until the backlog is read. */
  took(documents: number): void;
}

export interface DoorLimitDeps {
  /** Jobs in the queue. */
  readonly countJobs: () => Promise<number>;
  /** The backlog as it was read last; itself sees to it that it is not read too often. */
  readonly readBacklog: () => Promise<Backlog | undefined>;
  readonly nowMs: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Documents that may wait. */
  readonly maxPending: number;
  /** Jobs that may be in the queue; MAX_QUEUED_JOBS when left out. */
  readonly maxJobs?: number;
}

/** Jobs of up to 32 documents, some 700 bytes each in Redis: 70 MB at the most. */
const MAX_QUEUED_JOBS = 100_000;
const COUNT_FOR_MS = 500;
/** Who comes back finds room for this part of the bound, or this much, so that not every second push is refused. */
const ROOM_SHARE = 0.01;
const ROOM_MOST = 1_000;
/**
 * A stream under way is not read for so long, which holds its sender back, before it is refused like others: most proxies
 * cut a connection that is silent for a minute.
 */
export const WAIT_FOR_ROOM_MS = 15_000;
const LOOK_AGAIN_MS = 250;
/** Without a backlog to reckon from. */
const UNKNOWN_DRAIN_SECONDS = 10;
/** Of a short text, where the backlog was read before any came. */
const TOKENS_A_DOCUMENT = 150;

/** What there is too much of. */
interface Full {
  readonly what: "jobs" | "documents";
  readonly count: number;
  readonly most: number;
}

export function makeDoorLimit(deps: DoorLimitDeps): DoorLimit {
  const { nowMs, maxPending, maxJobs = MAX_QUEUED_JOBS } = deps;
  let counted = { jobs: 0, atMs: -Infinity };
  let backlog: Backlog | undefined;
  let taken = 0;
  /** Of `taken`, what the backlog counts already. */
  let takenBefore = 0;

  async function readAgain(): Promise<void> {
    const before = taken;
    // A store that does not answer is no reason to refuse: the push itself will find out.
    const read = await deps.readBacklog().catch(() => undefined);
    if (read === undefined || read === backlog) return;
    backlog = read;
    takenBefore = before;
  }

  async function countJobs(): Promise<number> {
    if (nowMs() - counted.atMs > COUNT_FOR_MS) {
      // A queue that does not answer is none either: the ledger takes the documents.
      const jobs = await deps.countJobs().catch(() => 0);
      counted = { jobs, atMs: nowMs() };
    }
    return counted.jobs;
  }

  const pending = (): number => (backlog?.pendingDocuments ?? 0) + taken - takenBefore;

  async function look(): Promise<Full | undefined> {
    const reading = readAgain();
    if (backlog === undefined || pending() >= maxPending) await reading;
    const jobs = await countJobs();
    if (jobs >= maxJobs) return { what: "jobs", count: jobs, most: maxJobs };
    const count = pending();
    return count >= maxPending ? { what: "documents", count, most: maxPending } : undefined;
  }

  return {
    async check() {
      const full = await look();
      if (full !== undefined) throw overloaded(full, backlog, deps.random());
    },
    async room(signal) {
      const untilMs = nowMs() + WAIT_FOR_ROOM_MS;
      for (let full = await look(); full !== undefined && !signal.aborted; full = await look()) {
        if (nowMs() >= untilMs) throw overloaded(full, backlog, deps.random());
        await pause(LOOK_AGAIN_MS, signal);
      }
    },
    took(documents) {
      taken += documents;
    },
  };
}

function overloaded(full: Full, backlog: Backlog | undefined, random: number): PolysemeError {
  const { what, count, most } = full;
  const tooMany = count - most + Math.max(1, Math.min(most * ROOM_SHARE, ROOM_MOST));
  const drainSeconds = secondsToDrain(tooMany / count, full, backlog);
  const why =
    what === "jobs" ? "The queue is full" : `${most} documents wait already, as many as may (POLYSEME_MAX_PENDING)`;
  const remedy =
    backlog?.workers === 0
      ? "No embedder is running: start one, or nothing will drain."
      : "Documents come in faster than they are embedded. Push again later, or add embedders.";
  return new PolysemeError("overloaded", `${why}. ${remedy}`, {
    details: {
      retryAfterSeconds: retryAfterSeconds(drainSeconds, random),
      ...(what === "jobs" ? { queuedJobs: count } : { pendingDocuments: count }),
      ...(backlog === undefined ? {} : { workers: backlog.workers }),
    },
  });
}

/** How long the living workers need for so much of what there is. */
function secondsToDrain(share: number, { what, count }: Full, backlog: Backlog | undefined): number {
  if (backlog === undefined) return UNKNOWN_DRAIN_SECONDS;
  const known = backlog.pendingDocuments > 0;
  // Where it was empty when it was read, what came since is counted and not weighed.
  const tokens = known ? backlog.pendingTokens : TOKENS_A_DOCUMENT * (what === "documents" ? count : 1);
  return estimateDrain({ ...backlog, pendingTokens: tokens * share }).seconds;
}
