/** One named part of a shutdown with its own deadline. */
export interface StopStep {
  readonly name: string;
  readonly withinMs: number;
  readonly stop: () => unknown;
}

/** Runs every step in order, each within its deadline, even after one failed; then reports all failures together. */
export async function stopInOrder(steps: readonly StopStep[]): Promise<void> {
  const failures: unknown[] = [];
  for (const { name, stop, withinMs } of steps) {
    await withDeadline(`${name} to stop`, withinMs, async () => {
      await stop();
    }).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, "Shutdown was not clean");
}

export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/** The work's outcome, or a DeadlineError that names what was waited for. The work itself is not cut off. */
export async function withDeadline<T>(what: string, withinMs: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(`Waited ${withinMs} ms for ${what}`));
    }, withinMs);
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms`, or at once when the signal is aborted: the caller looks at the signal, nothing is thrown. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** A part of a process that was started and can be stopped; stopping twice is the same as once. */
export interface Running {
  stop(): Promise<void>;
}
