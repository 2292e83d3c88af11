import { pause } from "@polyseme/core";
import type { Sql } from "./database.ts";
import { readTicket, type TicketStatus } from "./tickets.ts";

/** Fast at first, for a person who pushed one document; then no faster than the counting itself allows. */
const FIRST_POLL_MS = 10;
const SLOWEST_POLL_MS = 500;
const POLL_COST_FACTOR = 10;

/**
 * A ticket's status each time it changed, ending with the one that has nothing pending, or with the last one seen when the
 * signal is aborted.
 */
export async function* watchTicket(sql: Sql, ticketId: string, signal: AbortSignal): AsyncGenerator<TicketStatus> {
  let last = "";
  for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(waitMs * 1.5, SLOWEST_POLL_MS)) {
    const started = performance.now();
    const status = await readTicket(sql, ticketId);
    const costMs = performance.now() - started;
    const now = JSON.stringify(status);
    if (now !== last) yield status;
    last = now;
    if (status.pending === 0 || signal.aborted) return;
    await pause(Math.max(waitMs, costMs * POLL_COST_FACTOR), signal);
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
