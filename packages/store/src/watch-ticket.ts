import { pause } from "@polyseme/core";
import type { Sql } from "./database.ts";
import { readTicket, type TicketStatus } from "./tickets.ts";

/** Fast at first, for a person who pushed one document, and near the end; never faster than the counting itself allows. */
const LEAST_POLL_MS = 10;
const MOST_POLL_MS = 200;
const POLL_GROWTH = 1.5;
/** At most a twenty-fifth of a core near the end, and half of that while much is pending: the encoder wants it. */
const POLL_COST_FACTOR = { few: 25, many: 50 } as const;
const FEW_PENDING = 64;

/** What two readings of a ticket say about when to read it next. */
export interface PollStep {
  /** What was waited before this reading. */
  readonly waitMs: number;
  /** From the last reading to this one. */
  readonly elapsedMs: number;
  /** Settled in that time. */
  readonly settled: number;
  readonly pending: number;
  /** What this reading took. */
  readonly costMs: number;
}

/** How long to wait before the next reading: at most half of what is left at the pace seen last, so that the end is not missed by much. */
export function nextPollMs({ waitMs, elapsedMs, settled, pending, costMs }: PollStep): number {
  const leftMs = settled > 0 ? (elapsedMs * pending) / settled : Infinity;
  const wantedMs = Math.min(waitMs * POLL_GROWTH, leftMs / 2, MOST_POLL_MS);
  const factor = pending > FEW_PENDING ? POLL_COST_FACTOR.many : POLL_COST_FACTOR.few;
  return Math.max(wantedMs, LEAST_POLL_MS, costMs * factor);
}

/**
 * A ticket's status each time it changed, ending with the one that has nothing pending, or with the last one seen when the
 * signal is aborted.
 */
export async function* watchTicket(sql: Sql, ticketId: string, signal: AbortSignal): AsyncGenerator<TicketStatus> {
  let last: { shown: string; pending: number; atMs: number } | undefined;
  for (let waitMs = LEAST_POLL_MS / POLL_GROWTH; ;) {
    const startedMs = performance.now();
    const status = await readTicket(sql, ticketId);
    const atMs = performance.now();
    const { pending } = status;
    const shown = JSON.stringify(status);
    if (shown !== last?.shown) yield status;
    if (pending === 0 || signal.aborted) return;
    const settled = Math.max(0, (last?.pending ?? pending) - pending);
    waitMs = nextPollMs({ waitMs, elapsedMs: atMs - (last?.atMs ?? atMs), settled, pending, costMs: atMs - startedMs });
    last = { shown, pending, atMs };
    await pause(waitMs, signal);
    if (signal.aborted) return;
  }
}

/** The status once nothing is pending, or as it is when `waitMs` have passed or the signal is aborted. */
export async function waitForTicket(
  sql: Sql,
  ticketId: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<TicketStatus> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  let status: TicketStatus | undefined;
  for await (const next of watchTicket(sql, ticketId, until)) status = next;
  return status ?? readTicket(sql, ticketId);
}
