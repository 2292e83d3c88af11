import { asPolysemeError, pause, type Log } from "@polyseme/core";

const AGAIN_MS = 1_000;

/**
 * Does `work` again and again while Postgres is not available: what is in hand is better kept than lost. Resolves with
 * undefined when the signal is aborted or `withinMs` have passed before it succeeded.
 * @throws every other error of `work` at once
 */
export async function untilReachable<T>(
  work: () => Promise<T>,
  { log, signal, withinMs = Infinity }: { log: Log; signal: AbortSignal; withinMs?: number },
): Promise<{ readonly value: T } | undefined> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    try {
      return { value: await work() };
    } catch (error) {
      const known = asPolysemeError(error);
      if (known.code !== "unavailable") throw error;
      if (signal.aborted || performance.now() + AGAIN_MS > untilMs) return undefined;
      log.warn({ reason: known.message }, "the ledger is not reached; trying again");
    }
    await pause(AGAIN_MS, signal);
  }
}
