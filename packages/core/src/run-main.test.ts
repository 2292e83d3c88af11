import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runMain, type ProcessLike, type StopSignals } from "./run-main.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface FakeProcess extends ProcessLike {
  readonly send: (signal: "SIGINT" | "SIGTERM") => void;
  readonly exits: (number | undefined)[];
}

function fakeProcess(): FakeProcess {
  const listeners = new Map<string, () => void>();
  const exits: (number | undefined)[] = [];
  return {
    env: {},
    pid: 4_711,
    exitCode: undefined,
    on: (signal, listener) => listeners.set(signal, listener),
    exit: (code) => {
      exits.push(code);
      return undefined as never;
    },
    send: (signal) => listeners.get(signal)?.(),
    exits,
  };
}

/** Runs a main that ends when told to. */
function runUntilEnded(process: FakeProcess) {
  const lines: string[] = [];
  let end = (): void => undefined;
  let given: StopSignals | undefined;
  const ended = runMain(
    process,
    (line) => lines.push(line),
    (signals) => {
      given = signals;
      return new Promise<void>((resolve) => (end = resolve));
    },
  );
  if (given === undefined) throw new Error("It did not run");
  return {
    lines,
    ended,
    signals: given,
    end: () => {
      end();
    },
  };
}

describe("signals", () => {
  test("do nothing before they come", async () => {
    const process = fakeProcess();
    const { signals, end, ended } = runUntilEnded(process);
    expect([signals.stop.aborted, signals.abandon.aborted]).toEqual([false, false]);
    end();
    await ended;
    expect([signals.stop.aborted, signals.abandon.aborted]).toEqual([false, false]);
  });

  test.each([
    ["SIGINT", "SIGINT"],
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGTERM"],
    ["SIGTERM", "SIGINT"],
  ] as const)("%s says stop, and %s after it says abandon", async (first, second) => {
    const process = fakeProcess();
    const { signals, end, ended } = runUntilEnded(process);
    process.send(first);
    expect([signals.stop.aborted, signals.abandon.aborted]).toEqual([true, false]);
    process.send(second);
    expect([signals.stop.aborted, signals.abandon.aborted]).toEqual([true, true]);
    process.send(second);
    end();
    await ended;
    expect(process.exitCode).toBe(0);
  });
});

describe("the end of a process", () => {
  test("that did its work has exit code 0 and nothing to report", async () => {
    const process = fakeProcess();
    const { lines, end, ended } = runUntilEnded(process);
    expect(process.exitCode).toBeUndefined();
    end();
    await ended;
    expect(process.exitCode).toBe(0);
    expect(lines).toEqual([]);
  });

  test("keeps an exit code that the work has set", async () => {
    const process = fakeProcess();
    await runMain(process, vi.fn(), () => {
      process.exitCode = 3;
      return Promise.resolve();
    });
    expect(process.exitCode).toBe(3);
  });

  test("that failed has exit code 1 and one line that says why, without a stack", async () => {
    const process = fakeProcess();
    const report = vi.fn();
    await runMain(process, report, () => Promise.reject(new Error("The port is taken.")));
    expect(process.exitCode).toBe(1);
    expect(report.mock.calls).toEqual([["Error: The port is taken."]]);
  });

  test("whose stop was not clean tells every failure", async () => {
    const process = fakeProcess();
    const report = vi.fn();
    const failures = new AggregateError([new Error("the door hung"), "the pool hung"], "Shutdown was not clean");
    await runMain(process, report, () => Promise.reject(failures));
    expect(report.mock.calls).toEqual([["Error: Shutdown was not clean\n  the door hung\n  the pool hung"]]);
    expect(process.exitCode).toBe(1);
  });

  test("that throws before its first wait is reported too", async () => {
    const process = fakeProcess();
    const report = vi.fn();
    await runMain(process, report, () => {
      throw new Error("at once");
    });
    expect(report).toHaveBeenCalledWith("Error: at once");
    expect(process.exitCode).toBe(1);
  });

  test("is forced only when something keeps it alive for seconds afterwards", async () => {
    const process = fakeProcess();
    await runMain(process, vi.fn(), () => Promise.resolve());
    expect(process.exits).toEqual([]);
    vi.advanceTimersByTime(2_999);
    expect(process.exits).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(process.exits).toEqual([undefined]);
  });
});
