import { makeLog, PolysemeError } from "@polyseme/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { untilReachable } from "./until-reachable.ts";

const AWAY = new PolysemeError("unavailable", "Postgres is not available");
const log = makeLog("silent", "test");
const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("work is tried once a second while Postgres is away, and what it then gives comes back", async () => {
  let tries = 0;
  const work = (): Promise<string> => {
    tries += 1;
    return tries < 4 ? Promise.reject(AWAY) : Promise.resolve("done");
  };
  const result = untilReachable(work, { log, signal: never });
  await vi.advanceTimersByTimeAsync(2_999);
  expect(tries).toBe(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(await result).toEqual({ value: "done" });
});

test("it gives up when told to and when its time is over", async () => {
  const stop = new AbortController();
  const stopped = untilReachable(() => Promise.reject(AWAY), { log, signal: stop.signal });
  const late = untilReachable(() => Promise.reject(AWAY), { log, signal: never, withinMs: 2_500 });
  await vi.advanceTimersByTimeAsync(100);
  stop.abort();
  expect(await stopped).toBeUndefined();
  await vi.advanceTimersByTimeAsync(2_500);
  expect(await late).toBeUndefined();
});

test("every other error is told at once", async () => {
  const error = new PolysemeError("internal", "a bug");
  await expect(untilReachable(() => Promise.reject(error), { log, signal: never })).rejects.toBe(error);
});
