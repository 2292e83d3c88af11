/** Whose pieces are served in proportion to their weight, such as one collection's documents of one priority. */
export interface Flow {
  readonly key: string;
  readonly weight: number;
}

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996) for pieces that wait in one place: serve the lowest tag first, those
 * of a flow in their order, and each flow gets service in proportion to its weight while it has pieces waiting.
 */
export interface StartTags {
  /** The tag of a flow's next piece: where its last one ends, or the virtual time when that is later. */
  next(flow: Flow, cost: number): number;
  /** Call with the tag of each piece that is served in its turn: the virtual time. */
  reached(tag: number): void;
  /** Call when nothing waits any more: nobody is owed anything. */
  clear(): void;
  /** Flows remembered: those whose last piece has not been reached yet, and some more. */
  readonly size: number;
}

const LEAST_PRUNED = 64;

export function makeStartTags(): StartTags {
  const ends = new Map<string, number>();
  let now = 0;
  let pruneAt = LEAST_PRUNED;
  return {
    next({ key, weight }, cost) {
      const start = Math.max(now, ends.get(key) ?? 0);
      ends.set(key, start + cost / weight);
      return start;
    },
    reached(tag) {
      now = Math.max(now, tag);
      if (ends.size < pruneAt) return;
      // It would begin at the virtual time again, so there is nothing to remember.
      for (const [key, end] of ends) if (end <= now) ends.delete(key);
      pruneAt = Math.max(LEAST_PRUNED, 2 * ends.size);
    },
    clear() {
      ends.clear();
      now = 0;
    },
    get size() {
      return ends.size;
    },
  };
}
