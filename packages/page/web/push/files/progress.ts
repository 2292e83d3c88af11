import type { TicketStatus } from "@polyseme/client";

/** A document that was not taken, and where it stood in its file. */
export interface Refused {
  readonly origin: string;
  readonly id?: string | undefined;
  readonly code: string;
  readonly field?: string | undefined;
  readonly message: string;
}

/** How far a file is. */
export interface FileProgress {
  readonly state: "waiting" | "sending" | "embedding" | "done" | "failed" | "stopped";
  readonly bytesRead: number;
  /** Documents that the server has, durably; the ones it had already are in it. */
  readonly sent: number;
  readonly unchanged: number;
  readonly stored: number;
  readonly failed: number;
  /** The first of those that were not taken or failed to be embedded. */
  readonly refused: readonly Refused[];
  readonly refusedCount: number;
  /** Why it stands: the server has no room, or is away. */
  readonly standing: string | undefined;
  /** Why it went no further. */
  readonly error: Error | undefined;
}

export const NOT_BEGUN: FileProgress = {
  state: "waiting",
  bytesRead: 0,
  sent: 0,
  unchanged: 0,
  stored: 0,
  failed: 0,
  refused: [],
  refusedCount: 0,
  standing: undefined,
  error: undefined,
};

const KEPT_REFUSED = 50;

export function withRefused(progress: FileProgress, more: readonly Refused[], count = more.length): FileProgress {
  return {
    ...progress,
    refused: [...progress.refused, ...more].slice(0, KEPT_REFUSED),
    refusedCount: progress.refusedCount + count,
  };
}

/** What a ticket's documents came to, where the states of one ticket take each other's place. */
export function withTicket(
  progress: FileProgress,
  before: TicketStatus | undefined,
  { stored, failed, failures }: TicketStatus,
): FileProgress {
  const news = failures.slice(before?.failures.length ?? 0);
  const refused = news.map(({ id, code, message }) => ({ origin: "", id, code, message }));
  return {
    ...progress,
    stored: progress.stored + stored - (before?.stored ?? 0),
    failed: progress.failed + failed - (before?.failed ?? 0),
    refused: [...progress.refused, ...refused].slice(0, KEPT_REFUSED),
  };
}

export function isOver({ state }: FileProgress): boolean {
  return state === "done" || state === "failed" || state === "stopped";
}
