import { messageOf } from "./errors.ts";

/** The parts of `process` that a main.ts lends. */
export interface ProcessLike {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  exitCode?: number | string | null | undefined;
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code?: number): never;
}

/**
 * Three words for stopping: `stop`: take no more and finish what runs; `abandon`: hand back what has not begun. The first
 * signal says stop, the second abandon.
 */
export interface StopSignals {
  readonly stop: AbortSignal;
  readonly abandon: AbortSignal;
}

/** After the work has ended, what may keep the process alive is a bug; users still get their prompt back. */
const LINGER_MS = 3_000;

/**
 * Runs the core of a process: SIGINT and SIGTERM become abort signals, a failure becomes one line on standard error and
 * exit code 1.
 */
export async function runMain(
  process: ProcessLike,
  report: (line: string) => void,
  run: (signals: StopSignals) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const abandon = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) abandon.abort(new Error("Told to stop twice"));
    else stop.abort(new Error("Told to stop"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    await run({ stop: stop.signal, abandon: abandon.signal });
    process.exitCode ??= 0;
  } catch (error) {
    report(describeFailure(error));
    process.exitCode = 1;
  }
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

function describeFailure(error: unknown): string {
  const causes = error instanceof AggregateError && error.message !== "" ? error.errors.map(messageOf) : [];
  return [`Error: ${messageOf(error)}`, ...causes.map((cause) => `  ${cause}`)].join("\n");
}
