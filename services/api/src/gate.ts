/** Lets so many callers in at once; the others wait in their order. */
export interface Gate {
  /** @throws the signal's reason when it is aborted before the caller's turn */
  pass<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** What waits is bounded by the callers, each of whom waits for its own answer. */
export function makeGate(most: number): Gate {
  const waiting = new Set<() => void>();
  let inside = 0;

  function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (inside < most) {
      inside += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        waiting.delete(admit);
        reject(signal.reason as Error);
      };
      waiting.add(admit);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  return {
    async pass(work, signal) {
      await enter(signal);
      try {
        return await work();
      } finally {
        const [next] = waiting;
        // The place goes over to the next one, so it is never taken by somebody who came later.
        if (next === undefined) inside -= 1;
        else {
          waiting.delete(next);
          next();
        }
      }
    },
  };
}
