import { messageOf, pause, type Log } from "@polyseme/core";
import { recordHeartbeat, recordStop, type Database } from "@polyseme/store";

/** What this process's encoder reaches while it works. */
export interface Throughput {
  record(batch: { tokens: number; encodeMs: number }): void;
  /** Tokens a second of all threads together, over the batches of the last half minute or so; null before the first. */
  tokensPerSecond(): number | null;
}

/** Of older measurements, how much stays with each new batch: about fifty batches count. */
const MEMORY = 0.98;

export function makeThroughput(threads: number): Throughput {
  let tokens = 0;
  let busyMs = 0;
  return {
    record(batch) {
      tokens = tokens * MEMORY + batch.tokens;
      busyMs = busyMs * MEMORY + batch.encodeMs;
    },
    tokensPerSecond: () => (busyMs === 0 ? null : (tokens / busyMs) * 1_000 * threads),
  };
}

const HEARTBEAT_EVERY_MS = 5_000;

/** Tells the ledger that this worker lives and how fast it is, until the signal is aborted; then takes itself off. */
export async function runHeartbeat(
  deps: { database: Database; throughput: Throughput; workerId: string; log: Log },
  signal: AbortSignal,
): Promise<void> {
  const say = (what: Promise<void>): Promise<void> =>
    what.catch((error: unknown) => {
      deps.log.warn({ reason: messageOf(error) }, "heartbeat not recorded");
    });
  while (!signal.aborted) {
    await say(
      recordHeartbeat(deps.database, { id: deps.workerId, tokensPerSecond: deps.throughput.tokensPerSecond() }),
    );
    await pause(HEARTBEAT_EVERY_MS, signal);
  }
  await say(recordStop(deps.database, deps.workerId));
}
