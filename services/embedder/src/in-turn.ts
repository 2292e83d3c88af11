/** Runs pieces of work a few at once, in the order they came. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** No order: each begins at once. */
export const AT_ONCE: InTurn = (work) => work();

/** What waits is bounded by whoever calls: each of its calls is one piece. */
export function makeInTurn(most: number): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;

  // The place goes straight to who waits longest, so that nobody who comes meanwhile takes it.
  const passOn = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return async (work) => {
    if (running < most) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return work().finally(passOn);
  };
}
