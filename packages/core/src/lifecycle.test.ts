import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeadlineError, pause, stopInOrder, withDeadline, type StopStep } from "./lifecycle.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = (): Promise<never> => new Promise(() => undefined);

/** What a promise came to; undefined while it has not. */
function watch(promise: Promise<unknown>): { outcome: () => unknown } {
  let outcome: unknown;
  promise.then(
    () => (outcome = "done"),
    (error: unknown) => (outcome = error),
  );
  return { outcome: () => outcome };
}

describe("stopping in order", () => {
  test("begins each step only when the one before has ended", async () => {
    const said: string[] = [];
    let endFirst = (): void => undefined;
    const first: StopStep = {
      name: "first",
      withinMs: 1_000,
      stop: () =>
        new Promise<void>((resolve) => {
          said.push("first begins");
          endFirst = () => {
            said.push("first ends");
            resolve();
          };
        }),
    };
    const second: StopStep = { name: "second", withinMs: 1_000, stop: () => said.push("second") };
    const stopped = stopInOrder([first, second]);
    await vi.advanceTimersByTimeAsync(500);
    expect(said).toEqual(["first begins"]);
    endFirst();
    await stopped;
    expect(said).toEqual(["first begins", "first ends", "second"]);
  });

  test("runs every step after failures, and reports all of them together", async () => {
    const ran: string[] = [];
    const fails = (name: string, fail: () => unknown): StopStep => ({
      name,
      withinMs: 1_000,
      stop: () => {
        ran.push(name);
        return fail();
      },
    });
    const thrown = new Error("thrown");
    const error: unknown = await stopInOrder([
      fails("throws", () => {
        throw thrown;
      }),
      fails("works", () => 1),
      fails("rejects", () => Promise.reject(new Error("rejected"))),
      fails("works too", () => Promise.resolve()),
    ]).catch((reason: unknown) => reason);
    expect(ran).toEqual(["throws", "works", "rejects", "works too"]);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([thrown, new Error("rejected")]);
  });

  test("gives a step that hangs its deadline, no more, and goes on", async () => {
    const last = vi.fn();
    const { outcome } = watch(
      stopInOrder([
        { name: "the door", withinMs: 2_000, stop: never },
        { name: "the end", withinMs: 1_000, stop: last },
      ]),
    );
    await vi.advanceTimersByTimeAsync(1_999);
    expect(last).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(last).toHaveBeenCalledOnce();
    const { errors } = outcome() as AggregateError;
    expect(errors).toEqual([new DeadlineError("Waited 2000 ms for the door to stop")]);
  });

  test("of nothing is done at once", async () => {
    await expect(stopInOrder([])).resolves.toBeUndefined();
  });
});

describe("work with a deadline", () => {
  test("answers what the work answers and leaves no timer behind", async () => {
    await expect(withDeadline("x", 1_000, () => Promise.resolve(7))).resolves.toBe(7);
    await expect(withDeadline("x", 1_000, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const throwsAtOnce = (): Promise<never> => {
      throw new Error("at once");
    };
    await expect(withDeadline("x", 1_000, throwsAtOnce)).rejects.toThrow("at once");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("fails with what was waited for when the time is over", async () => {
    const { outcome } = watch(withDeadline("the queue", 50, never));
    await vi.advanceTimersByTimeAsync(49);
    expect(outcome()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome()).toBeInstanceOf(DeadlineError);
    expect(outcome()).toMatchObject({ name: "DeadlineError", message: "Waited 50 ms for the queue" });
  });

  test("may fail after its deadline without anybody to catch it", async () => {
    let fail = (): void => undefined;
    const work = new Promise<never>((_, reject) => {
      fail = () => {
        reject(new Error("too late"));
      };
    });
    const { outcome } = watch(withDeadline("x", 10, () => work));
    await vi.advanceTimersByTimeAsync(10);
    fail();
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBeInstanceOf(DeadlineError);
  });
});

describe("a pause", () => {
  test("ends when its time is over", async () => {
    const { outcome } = watch(pause(1_000, new AbortController().signal));
    await vi.advanceTimersByTimeAsync(999);
    expect(outcome()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome()).toBe("done");
  });

  test("ends at once, and sets no timer, when the signal is aborted already", async () => {
    await pause(1_000, AbortSignal.abort());
    expect(vi.getTimerCount()).toBe(0);
  });

  test("ends at once when the signal is aborted meanwhile, and throws nothing", async () => {
    const controller = new AbortController();
    const paused = pause(1_000, controller.signal);
    controller.abort(new Error("stop"));
    await expect(paused).resolves.toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("takes its listener off the signal when it ends by itself", async () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    const paused = pause(10, signal);
    await vi.advanceTimersByTimeAsync(10);
    await paused;
    expect(removed).toHaveBeenCalledOnce();
  });
});
