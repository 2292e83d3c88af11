/**
 * What was asked for one id: a push of some content, or its deletion. Times are of one clock, in milliseconds.
 */
export interface Operation {
  /** Which content was pushed; undefined: the document was deleted. */
  readonly copy: number | undefined;
  /**
   * After this moment it has no more effect. Infinity when an attempt was sent and its answer never came: the server may
   * still be at it, however late.
   */
  readonly overAtMs: number;
  /** It had its effect after this moment, at least once; undefined: it was never answered, so perhaps never. */
  readonly effectiveFromMs: number | undefined;
}

/**
 * The contents that an id may have in the end (undefined: none, deleted). An operation is out once a later one that began
 * after it was over had its effect. So operations one after the other leave the last one, operations at the same time
 * leave any of them, and an attempt whose answer was lost stays possible for ever.
 */
export function allowedCopies(operations: readonly Operation[]): ReadonlySet<number | undefined> {
  const never: Operation = { copy: undefined, overAtMs: -Infinity, effectiveFromMs: undefined };
  const effects = operations.map(({ effectiveFromMs }) => effectiveFromMs ?? -Infinity);
  const latestEffectMs = Math.max(-Infinity, ...effects);
  return new Set([never, ...operations].filter(({ overAtMs }) => overAtMs >= latestEffectMs).map(({ copy }) => copy));
}

/** What was asked for all ids of a run. */
export interface History {
  add(ids: readonly string[], operation: (id: string) => Operation): void;
  readonly ids: readonly string[];
  allowed(id: string): ReadonlySet<number | undefined>;
}

export function makeHistory(): History {
  const byId = new Map<string, Operation[]>();
  return {
    add(ids, operation) {
      for (const id of ids) {
        const operations = byId.get(id) ?? [];
        operations.push(operation(id));
        byId.set(id, operations);
      }
    },
    get ids() {
      return [...byId.keys()];
    },
    allowed: (id) => allowedCopies(byId.get(id) ?? []),
  };
}
