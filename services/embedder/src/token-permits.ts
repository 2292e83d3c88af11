import { makeStartTags, type Flow } from "@polyseme/core";

/**
 * A bound on tokens in work: callers take as many as they need and wait while too few are free. Within a flow first come
 * first served; between flows by start tags, so that a text of a small collection does not stand behind a thousand of a
 * large one. What waits is bounded by the callers.
 */
export interface TokenPermits {
  /** Tokens taken now, and how many there are. */
  readonly use: { readonly taken: number; readonly most: number };
  /** Resolves with the function that gives them back. One caller may take more than there are, alone. Rejects when aborted. */
  take(tokens: number, flow: Flow, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly tokens: number;
  readonly tag: number;
  readonly admit: () => void;
}

export function makeTokenPermits(maxTokens: number): TokenPermits {
  const tags = makeStartTags();
  /** What waits, by flow and in order; no line is empty. */
  const lines = new Map<string, Waiting[]>();
  let taken = 0;

  const fits = (tokens: number): boolean => taken === 0 || taken + tokens <= maxTokens;

  function remove(key: string, waiting: Waiting): void {
    const line = lines.get(key) ?? [];
    line.splice(line.indexOf(waiting), 1);
    if (line.length === 0) lines.delete(key);
  }

  function first(): { readonly key: string; readonly waiting: Waiting } | undefined {
    let found: { key: string; waiting: Waiting } | undefined;
    for (const [key, [waiting]] of lines)
      if (waiting !== undefined && waiting.tag < (found?.waiting.tag ?? Infinity)) found = { key, waiting };
    return found;
  }

  function admitNext(): void {
    for (let next = first(); next !== undefined && fits(next.waiting.tokens); next = first()) {
      const { key, waiting } = next;
      remove(key, waiting);
      taken += waiting.tokens;
      tags.reached(waiting.tag);
      waiting.admit();
    }
    if (taken === 0) tags.clear();
  }

  return {
    get use() {
      return { taken, most: maxTokens };
    },
    take(tokens, flow, signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const onAbort = (): void => {
          remove(flow.key, waiting);
          reject(signal.reason as Error);
          admitNext();
        };
        const waiting: Waiting = {
          tokens,
          tag: tags.next(flow, tokens),
          admit: () => {
            signal.removeEventListener("abort", onAbort);
            resolve(() => {
              taken -= tokens;
              admitNext();
            });
          },
        };
        const line = lines.get(flow.key);
        if (line === undefined) lines.set(flow.key, [waiting]);
        else line.push(waiting);
        signal.addEventListener("abort", onAbort, { once: true });
        admitNext();
      });
    },
  };
}
