/** Messages remembered at most; more than that at once are no repeats of each other. */
const REMEMBERED = 100;

/** Reports an error unless one with the same message was reported less than `quietMs` ago: every connection of a lost Redis says the same. */
export function withoutRepeats(
  report: (error: Error) => void,
  quietMs: number,
  now: () => number = () => performance.now(),
): (error: Error) => void {
  const reportedAt = new Map<string, number>();
  return (error) => {
    const before = reportedAt.get(error.message);
    if (before !== undefined && now() - before < quietMs) return;
    if (reportedAt.size >= REMEMBERED) reportedAt.clear();
    reportedAt.set(error.message, now());
    report(error);
  };
}
