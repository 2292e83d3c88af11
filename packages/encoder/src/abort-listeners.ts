/** Hears of aborts for many that wait on few signals. */
export interface AbortListeners {
  /**
   * @param onAbort called once, in the order in which they were added
   * @returns what takes it off again
   */
  add(signal: AbortSignal, onAbort: () => void): () => void;
}

interface Heard {
  readonly waiting: Set<() => void>;
  readonly tell: () => void;
}

/**
 * One listener a signal, however many wait on it: a request may hold thousands of texts, and Node takes more than ten
 * listeners for a leak.
 */
export function makeAbortListeners(): AbortListeners {
  const heard = new Map<AbortSignal, Heard>();

  function listenTo(signal: AbortSignal): Heard {
    const waiting = new Set<() => void>();
    const tell = (): void => {
      heard.delete(signal);
      for (const onAbort of waiting) onAbort();
    };
    signal.addEventListener("abort", tell, { once: true });
    return { waiting, tell };
  }

  return {
    add(signal, onAbort) {
      const own = heard.get(signal) ?? listenTo(signal);
      heard.set(signal, own);
      own.waiting.add(onAbort);
      return () => {
        own.waiting.delete(onAbort);
        if (own.waiting.size > 0 || heard.get(signal) !== own) return;
        heard.delete(signal);
        signal.removeEventListener("abort", own.tell);
      };
    },
  };
}
