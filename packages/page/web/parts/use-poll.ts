import { useEffect, useRef } from "preact/hooks";
import { pause } from "./pause.ts";

/**
 * Runs `work` at once and again `everyMs` after it has ended, while `active` and while somebody looks at the page.
 * `again` begins anew when it changes. What `work` throws is its own to show.
 */
export function usePoll(
  { active, everyMs, again = [] }: { active: boolean; everyMs: number; again?: readonly unknown[] },
  work: (signal: AbortSignal) => Promise<void> | void,
): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (!active) return undefined;
    const leaving = new AbortController();
    const run = async (): Promise<void> => {
      for (;;) {
        if (document.visibilityState === "visible") await latest.current(leaving.signal);
        await pause(everyMs, leaving.signal);
      }
    };
    run().catch(() => undefined);
    return () => {
      leaving.abort();
    };
  }, [active, everyMs, ...again]);
}
