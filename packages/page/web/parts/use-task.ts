import { useEffect, useRef, useState } from "preact/hooks";

export interface Task<A extends readonly unknown[], T> {
  readonly busy: boolean;
  /** Of the last run that succeeded: it stays while the next one is under way, so that nothing jumps. */
  readonly value: T | undefined;
  /** Of the last run, when it failed. */
  readonly error: Error | undefined;
  run(this: void, ...args: A): void;
  /** Calls off what is under way and forgets what it came to. */
  reset(this: void): void;
}

interface State<T> {
  readonly busy: boolean;
  readonly value?: T | undefined;
  readonly error?: Error;
}

/** Work that is begun anew while it is under way, and called off when the view goes. The last run wins. */
export function useTask<A extends readonly unknown[], T>(
  work: (signal: AbortSignal, ...args: A) => Promise<T>,
): Task<A, T> {
  const [state, setState] = useState<State<T>>({ busy: false });
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (args: A): Promise<void> => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setState(({ value }) => ({ busy: true, value }));
    try {
      const value = await work(mine.signal, ...args);
      if (!mine.signal.aborted) setState({ busy: false, value });
    } catch (error) {
      if (!mine.signal.aborted)
        setState({ busy: false, error: error instanceof Error ? error : new Error(String(error)) });
    }
  };
  return {
    busy: state.busy,
    value: state.value,
    error: state.error,
    run: (...args) => {
      void start(args);
    },
    reset: () => {
      running.current?.abort();
      setState({ busy: false });
    },
  };
}
