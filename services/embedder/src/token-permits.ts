/** A bound on tokens in work: callers take as many as they need and wait, first come first served, while too few are free. */
export interface TokenPermits {
  /** Tokens taken now, and how many there are. */
  readonly use: { readonly taken: number; readonly most: number };
  /** Resolves with the function that gives them back. One caller may take more than there are, alone. Rejects when aborted. */
  take(tokens: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly tokens: number;
  readonly admit: () => void;
}

export function makeTokenPermits(maxTokens: number): TokenPermits {
  let taken = 0;
  const queue: Waiting[] = [];

  const fits = (tokens: number): boolean => taken === 0 || taken + tokens <= maxTokens;
  const admitNext = (): void => {
    for (let next = queue[0]; next !== undefined && fits(next.tokens); next = queue[0]) {
      queue.shift();
      taken += next.tokens;
      next.admit();
    }
  };
  const giveBack = (tokens: number) => (): void => {
    taken -= tokens;
    admitNext();
  };

  return {
    get use() {
      return { taken, most: maxTokens };
    },
    take(tokens, signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        if (queue.length === 0 && fits(tokens)) {
          taken += tokens;
          resolve(giveBack(tokens));
          return;
        }
        const onAbort = (): void => {
          queue.splice(queue.indexOf(waiting), 1);
          reject(signal.reason as Error);
          admitNext();
        };
        const waiting: Waiting = {
          tokens,
          admit: () => {
            signal.removeEventListener("abort", onAbort);
            resolve(giveBack(tokens));
          },
        };
        queue.push(waiting);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
